"""The native forms of the public pages: urlencoded in, 303 out, so that they work before any script has loaded.

A refusal goes back to the page as `?error=<code>`; what was typed never stands in an address.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError, Unauthenticated
from backend.core.http import public
from backend.core.runtime import runtime
from backend.identity import service
from backend.identity.api_auth import SameSite, close_session, open_session
from backend.identity.cookies import clear_session, set_session
from backend.identity.errors import PersonNotFound
from backend.identity.schemas import ForgotIn, LoginIn, RegisterIn, ResetIn, SetupIn
from backend.identity.sessions import forget_after_commit

SHORT_CODES: Final = {
    "wrong_credentials": "credentials",
    "waiting_for_approval": "pending",
    "access_refused": "refused",
    "account_disabled": "disabled",
    "too_many": "limited",
}
"""The words the pages know for what goes wrong most."""
HOME: Final = "/"
SEE_OTHER: Final = 303
Model = TypeVar("Model", bound=BaseModel)
Typed = Annotated[str, Form(max_length=4096)]
OPEN = [public("a form of a public page; same-site, limited")]
router = APIRouter(prefix="/api/v1/auth", tags=["Sign-in"], include_in_schema=False)


def safe_next(path: str) -> str:
    """`path` when it leads to a page of this site, otherwise home."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\", "/api/"))
    return path if inside and path.isprintable() and "\\" not in path else HOME


def redirect(path: str, **parameters: str) -> RedirectResponse:
    """See `path` next, with the parameters that are not empty."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    return RedirectResponse(f"{path}?{query}" if query else path, SEE_OTHER, headers={"Cache-Control": "no-store"})


def short_code(error: CtiError | ValidationError) -> str:
    """How a page is told what went wrong."""
    return "invalid" if isinstance(error, ValidationError) else SHORT_CODES.get(error.code, error.code)


@router.post("/login/form", dependencies=OPEN)
async def login(
    request: Request,
    _checked: SameSite,
    email: Typed = "",
    password: Typed = "",
    next: Typed = HOME,  # noqa: A002
) -> RedirectResponse:
    """Sign in and go on to `next`, or back to the sign-in page with the reason."""
    destination = safe_next(next)
    try:
        typed = LoginIn(email=email, password=password)
        given = await open_session(request, typed.email, typed.password)
    except (CtiError, ValidationError) as error:
        code = "credentials" if isinstance(error, ValidationError) else short_code(error)
        return redirect("/login", error=code, next="" if destination == HOME else destination)
    response = RedirectResponse(destination, SEE_OTHER)
    set_session(response, runtime().settings, given)
    return response


@router.post("/logout/form", dependencies=OPEN)
async def logout(request: Request, _checked: SameSite) -> RedirectResponse:
    """Sign out and see the sign-in page."""
    await close_session(request)
    response = redirect("/login")
    clear_session(response, runtime().settings)
    return response


@router.post("/register/form", dependencies=OPEN)
async def register(
    _checked: SameSite,
    email: Typed = "",
    full_name: Typed = "",
    password: Typed = "",
    role: Typed = "",
    message: Typed = "",
) -> RedirectResponse:
    """Ask for access; the answer is the same whether the address has an account."""
    fields = {"email": email, "full_name": full_name, "password": password, "role": role, "message": message}
    return await _handled(
        RegisterIn, fields, lambda uow, typed: service.request_access(uow, **typed.model_dump()), "/register"
    )


@router.post("/forgot/form", dependencies=OPEN)
async def forgot(_checked: SameSite, email: Typed = "") -> RedirectResponse:
    """Have a link made; the answer is the same whether the address has an account."""
    return await _handled(
        ForgotIn, {"email": email}, lambda uow, typed: service.forgot_password(uow, typed.email), "/forgot"
    )


@router.post("/reset/form", dependencies=OPEN)
async def reset(_checked: SameSite, token: Typed = "", password: Typed = "") -> RedirectResponse:
    """Set a password by a link; on refusal back to the page with the same link."""
    return await _handled(
        ResetIn,
        {"token": token, "password": password},
        lambda uow, typed: service.reset_password(uow, typed.token, typed.password),
        "/reset",
        done="/login",
        kept={"token": token},
    )


@router.post("/setup/form", dependencies=OPEN)
async def set_up(
    _checked: SameSite,
    token: Typed = "",
    email: Typed = "",
    full_name: Typed = "",
    password: Typed = "",
    organization: Typed = "",
) -> RedirectResponse:
    """Make the first administrator."""
    fields = {
        "token": token,
        "email": email,
        "full_name": full_name,
        "password": password,
        "organization": organization,
    }
    return await _handled(
        SetupIn,
        fields,
        lambda uow, typed: service.set_up(uow, **typed.model_dump()),
        "/setup",
        done="/login",
        kept={"token": token},
    )


@router.post("/view/form", dependencies=OPEN)
async def begin_view(request: Request, _checked: SameSite, person_id: Typed = "") -> RedirectResponse:
    """Look at the product as somebody else, from their home page on."""
    viewer = await service.identify(request.headers.get("cookie"))
    try:
        if viewer is None or viewer.user_id is None:
            raise Unauthenticated
        async with runtime().database.unit_of_work(Actor.system(viewer.org_id)) as uow:
            await service.begin_view(uow, viewer, _person(person_id))
            forget_after_commit(uow, viewer.user_id)
    except CtiError as error:
        return redirect("/admin/people", error=short_code(error))
    return redirect(HOME)


@router.post("/view/end/form", dependencies=OPEN)
async def end_view(request: Request, _checked: SameSite) -> RedirectResponse:
    """Be oneself again."""
    viewed = await service.identify(request.headers.get("cookie"))
    if viewed is not None and viewed.session_id is not None and viewed.viewer_id is not None:
        async with runtime().database.unit_of_work(Actor.system(viewed.org_id)) as uow:
            await service.end_view(uow, viewed.session_id)
            forget_after_commit(uow, viewed.viewer_id)
    return redirect("/admin/people")


def _person(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise PersonNotFound from None


async def _handled(
    model: type[Model],
    fields: dict[str, str],
    act: Callable[[UnitOfWork, Model], Awaitable[object]],
    page: str,
    *,
    done: str = "",
    kept: dict[str, str] | None = None,
) -> RedirectResponse:
    """Check the fields, act, and go to `done` (the page itself without one) or back to the page with the reason."""
    try:
        typed = model.model_validate(fields)
        async with runtime().database.unit_of_work(Actor.anonymous()) as uow:
            await act(uow, typed)
    except (CtiError, ValidationError) as error:
        return redirect(page, **(kept or {}), error=short_code(error))
    return redirect(done or page, done=page.removeprefix("/"))
