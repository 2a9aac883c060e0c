"""How often the open doors may be tried, by address and by account.

Only failures count towards signing in, so that a farm office behind one address never waits for its own success.
"""

import hashlib

from backend.core.context import current_request
from backend.core.errors import TooMany
from backend.core.http.addresses import network_of
from backend.core.limiter import Limit
from backend.core.runtime import runtime

SIGN_IN_FAILED_BY_ADDRESS = Limit("sign-in-address", "30 per 10 minutes")
SIGN_IN_FAILED_BY_ACCOUNT = Limit("sign-in-account", "10 per 10 minutes")
SIGN_IN_BY_ADDRESS = Limit("sign-in-any", "300 per 10 minutes")
REFRESH_BY_ADDRESS = Limit("refresh", "600 per 10 minutes")
FORGOT_BY_ADDRESS = Limit("forgot-address", "10 per 15 minutes")
FORGOT_BY_ACCOUNT = Limit("forgot-account", "3 per 15 minutes")
REGISTER_BY_ADDRESS = Limit("register", "10 per hour")
LINK_BY_ADDRESS = Limit("link", "20 per 15 minutes")
PASSWORD_BY_ACCOUNT = Limit("password", "10 per 15 minutes")


def _address() -> str:
    return network_of(current_request().ip) or "local"


def _account(email: str) -> str:
    """An account by the hash of its address, whether it exists or not; Redis keeps no addresses."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


async def before_sign_in(email: str) -> None:
    """Raises TooMany after too many failures from here or for this account."""
    limiter = runtime().limiter
    await limiter.hit(SIGN_IN_BY_ADDRESS, _address())
    await limiter.check(SIGN_IN_FAILED_BY_ADDRESS, _address())
    await limiter.check(SIGN_IN_FAILED_BY_ACCOUNT, _account(email))


async def after_failed_sign_in(email: str) -> None:
    """Count a failure. The hit that uses up a limit is still answered as a failure."""
    limiter = runtime().limiter
    for limit, key in ((SIGN_IN_FAILED_BY_ADDRESS, _address()), (SIGN_IN_FAILED_BY_ACCOUNT, _account(email))):
        try:
            await limiter.hit(limit, key)
        except TooMany:
            continue


async def before_refresh() -> None:
    await runtime().limiter.hit(REFRESH_BY_ADDRESS, _address())


async def before_forgot(email: str) -> None:
    await runtime().limiter.hit(FORGOT_BY_ADDRESS, _address())
    await runtime().limiter.hit(FORGOT_BY_ACCOUNT, _account(email))


async def before_register() -> None:
    await runtime().limiter.hit(REGISTER_BY_ADDRESS, _address())


async def before_link() -> None:
    """For trying one-time links."""
    await runtime().limiter.hit(LINK_BY_ADDRESS, _address())


async def before_password_check(user_id: object) -> None:
    """For trying the current password of a signed-in account."""
    await runtime().limiter.hit(PASSWORD_BY_ACCOUNT, str(user_id))
