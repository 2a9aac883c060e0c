"""Passwords, tokens and comparisons."""

from hypothesis import given
from hypothesis import strategies as st

from backend.core.security import hash_password, hmac_sha256, new_token, same, token_sha256, verify_password


async def test_a_password_is_kept_as_an_argon2id_hash_only() -> None:
    stored = await hash_password("correct horse battery staple")

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await verify_password("correct horse battery staple", stored)
    assert not await verify_password("correct horse battery stable", stored)


async def test_nobody_signs_in_where_no_password_is_set() -> None:
    assert not await verify_password("", None)


def test_tokens_are_recognisable_and_never_repeat() -> None:
    tokens = {new_token("cti_dev_") for _ in range(100)}

    assert len(tokens) == 100
    assert all(token.startswith("cti_dev_") and len(token) == 51 for token in tokens)
    assert all(len(token_sha256(token)) == 64 for token in tokens)


def test_the_signature_is_hmac_sha256() -> None:
    """RFC 4231, test case 2."""
    assert hmac_sha256("Jefe", b"what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"  # pragma: allowlist secret
    )


@given(st.text(), st.text())
def test_comparison_accepts_any_text(left: str, right: str) -> None:
    assert same(left, left)
    assert same(left, right) == (left == right)
