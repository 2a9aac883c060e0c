"""Secrets: password hashes, opaque tokens, signatures. Policy lives with the subjects that use them."""

import asyncio
import hashlib
import hmac
import secrets
from functools import lru_cache

from passlib.context import CryptContext

TOKEN_BYTES = 32


@lru_cache(maxsize=1)
def _passwords() -> CryptContext:
    """argon2id with OWASP's 2025 minimum: 19 MiB, two passes, one lane."""
    return CryptContext(
        schemes=["argon2"], argon2__type="ID", argon2__memory_cost=19_456, argon2__time_cost=2, argon2__parallelism=1
    )


async def hash_password(password: str) -> str:
    """Hash with argon2id, off the event loop (tens of milliseconds of CPU)."""
    return str(await asyncio.to_thread(_passwords().hash, password))


async def verify_password(password: str, stored: str | None) -> bool:
    """Compare with a stored hash. Without one the same time is spent, so that absence cannot be measured."""
    if stored is None:
        await asyncio.to_thread(_passwords().dummy_verify)
        return False
    return bool(await asyncio.to_thread(_passwords().verify, password, stored))


def new_token(prefix: str = "") -> str:
    """An opaque, URL-safe token of 256 random bits behind a recognisable prefix such as `cti_dev_`."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def token_sha256(token: str) -> str:
    """What is stored of a token: its sha256 as 64 lowercase hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def hmac_sha256(key: str, message: bytes) -> bytes:
    """HMAC-SHA256 of `message` under `key`."""
    return hmac.digest(key.encode(), message, "sha256")


def same(left: str | bytes, right: str | bytes) -> bool:
    """Compare in constant time; unlike `hmac.compare_digest` any text may be given."""
    a = left.encode() if isinstance(left, str) else left
    b = right.encode() if isinstance(right, str) else right
    return hmac.compare_digest(a, b)
