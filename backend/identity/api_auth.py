"""Signing in, staying signed in, signing out: as JSON for scripts and pages, as native forms for pages without script.

These routes are open; a same-site check, the CSRF token, rate limits and one-time links protect them.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from backend.core.actor import Actor
from backend.core.errors import CtiError, Unauthenticated
from backend.core.http import REFRESH_COOKIE, AnonymousUow, check_csrf, check_same_site, public
from backend.core.runtime import runtime
from backend.identity import access_tokens, limits, service
from backend.identity.cookies import clear_session, set_session
from backend.identity.errors import RefreshRefused
from backend.identity.schemas import ForgotIn, LoginIn, RegisterIn, ResetIn, SessionOut, SetupIn
from backend.identity.service import SignedIn


def same_site(request: Request) -> None:
    """Refuse what another site's page sent, as no session stands behind these requests yet."""
    check_same_site(request, runtime().settings)


router = APIRouter(prefix="/api/v1/auth", tags=["Sign-in"])
SameSite = Annotated[None, Depends(same_site)]


async def open_session(request: Request, email: str, password: str) -> SignedIn:
    """Sign in within the limits; the session this browser had before ends. Raises what refused it."""
    await limits.before_sign_in(email)
    before = await service.identify(request.headers.get("cookie"))
    async with runtime().database.unit_of_work(Actor.system()) as uow:
        outcome = await service.sign_in(
            uow,
            email,
            password,
            user_agent=request.headers.get("user-agent", ""),
            replaces=before.session_id if before else None,
        )
    if isinstance(outcome, CtiError):
        await limits.after_failed_sign_in(email)
        raise outcome
    return outcome


async def close_session(request: Request) -> None:
    """End the session the cookies name, however old its access token is."""
    actor = await service.identify(request.headers.get("cookie"))
    if actor is not None and actor.session_id is not None:
        async with runtime().database.unit_of_work(Actor.system(actor.org_id)) as uow:
            await service.end_session(uow, actor.session_id)


def _answer(response: Response, given: SignedIn) -> SessionOut:
    set_session(response, runtime().settings, given)
    return SessionOut(
        csrf_token=given.csrf,
        expires_at=given.expires_at,
        access_expires_in_s=int(access_tokens.LIFE.total_seconds()),
    )


@router.post("/login", dependencies=[public("this is how one gets a session; limited and same-site")])
async def login(request: Request, response: Response, typed: LoginIn, _checked: SameSite) -> SessionOut:
    """Sign in: sets the session's cookies. A session this browser had before ends."""
    return _answer(response, await open_session(request, typed.email, typed.password))


@router.post("/refresh", dependencies=[public("the refresh token is the credential; CSRF token and same-site")])
async def refresh(request: Request, response: Response) -> SessionOut:
    """Spend the refresh token for new cookies. A token spent twice ends the session."""
    await limits.before_refresh()
    token = request.cookies.get(REFRESH_COOKIE, "")
    async with runtime().database.unit_of_work(Actor.system()) as uow:
        session_id = await service.session_of_refresh_token(uow, token)
        if session_id is None:
            raise RefreshRefused
        check_csrf(request, runtime().settings, session_id)
        outcome = await service.refresh(uow, token)
    if isinstance(outcome, CtiError):
        raise outcome
    return _answer(response, outcome)


@router.post("/logout", status_code=204, dependencies=[public("ends only the session it names; CSRF token, same-site")])
async def logout(request: Request, response: Response) -> None:
    """Sign out: ends the session and takes its cookies away."""
    actor = await service.identify(request.headers.get("cookie"))
    if actor is None or actor.session_id is None:
        raise Unauthenticated
    check_csrf(request, runtime().settings, actor.session_id)
    await close_session(request)
    clear_session(response, runtime().settings)


@router.post("/register", status_code=202, dependencies=[public("anybody may ask for access; limited and same-site")])
async def register(_checked: SameSite, uow: AnonymousUow, wanted: RegisterIn) -> None:
    """Ask for access. The answer is the same whether the address has an account; an admin decides."""
    await service.request_access(uow, **wanted.model_dump())


@router.post("/forgot", status_code=202, dependencies=[public("tells nothing about the account; limited, same-site")])
async def forgot(_checked: SameSite, uow: AnonymousUow, typed: ForgotIn) -> None:
    """Have a link made to set a new password. The answer is the same whether the address has an account."""
    await service.forgot_password(uow, typed.email)


@router.post("/reset", status_code=204, dependencies=[public("the one-time link is the credential; limited")])
async def reset(_checked: SameSite, uow: AnonymousUow, typed: ResetIn) -> None:
    """Set a password by a reset or invitation link; ends every session of the account."""
    await service.reset_password(uow, typed.token, typed.password)


@router.post("/setup", status_code=204, dependencies=[public("the one-time link is the credential; limited")])
async def set_up(_checked: SameSite, uow: AnonymousUow, typed: SetupIn) -> None:
    """Make the first person, who runs the installation. Works once, with the link printed at the first start."""
    await service.set_up(uow, **typed.model_dump())
