"""The JWT in `cti_access`: HS256, 15 minutes, naming a session. What its holder may do stands in the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from backend.core.clock import utc_now
from backend.core.ids import new_id
from backend.core.security import hmac_sha256
from backend.core.settings import Settings
from backend.identity.errors import TokenExpired

ALGORITHM = "HS256"
LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    session_id: UUID
    user_id: UUID
    org_id: UUID
    expires_at: datetime


@lru_cache(maxsize=4)
def _key(secret_key: str) -> OctKey:
    """A key of its own, so that nothing else signed with the installation's secret can pass for a token."""
    return OctKey.import_key(hmac_sha256(secret_key, b"access token"))


def issue(settings: Settings, *, session_id: UUID, user_id: UUID, org_id: UUID) -> str:
    """Sign a token for a session."""
    now = utc_now()
    claims = {
        "sub": str(user_id),
        "sid": str(session_id),
        "org": str(org_id),
        "iat": int(now.timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "jti": str(new_id()),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, _key(settings.secret_key), algorithms=[ALGORITHM])


def read(settings: Settings, token: str) -> Claims | None:
    """The claims of a token this installation signed, however old; None for any other."""
    try:
        found = jwt.decode(token, _key(settings.secret_key), algorithms=[ALGORITHM]).claims
        return Claims(
            session_id=UUID(found["sid"]),
            user_id=UUID(found["sub"]),
            org_id=UUID(found["org"]),
            expires_at=datetime.fromtimestamp(found["exp"], tz=utc_now().tzinfo),
        )
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def read_fresh(settings: Settings, token: str) -> Claims | None:
    """Like `read`, but raises TokenExpired once the token's 15 minutes are over."""
    claims = read(settings, token)
    if claims is not None and claims.expires_at <= utc_now():
        raise TokenExpired("Call POST /api/v1/auth/refresh, then try again.")
    return claims
