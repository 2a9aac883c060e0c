"""Routes of notifications: the list, what was read, what was chosen, and the link that stops mails."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse

from backend.core.actor import Actor
from backend.core.errors import CtiError
from backend.core.http import Uow, public, signed_in
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from backend.core.runtime import runtime
from backend.identity.api_forms import redirect, short_code
from backend.notifications import service
from backend.notifications.channels import NotificationType
from backend.notifications.schemas import ChoiceIn, ChoiceOut, NoticePageOut, ReadIn, ReadOut, UnreadOut
from backend.notifications.service import Choice

router = APIRouter(prefix="/api/v1/notifications", tags=["Notifications"])
ANYBODY = [signed_in()]
BY_LINK = [public("the signed token of a mail; it can stop that person's mails and nothing else")]
Token = Annotated[str, Query(min_length=1, max_length=128)]


@router.get("", dependencies=ANYBODY, response_model=NoticePageOut)
async def notifications(
    uow: Uow,
    *,
    unread: bool = False,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Any:
    """The caller's notifications, unread first; messages that belong together are one line."""
    return await service.list_notices(uow, cursor=cursor, limit=limit, unread_only=unread)


@router.get("/unread", dependencies=ANYBODY)
async def unread(uow: Uow) -> UnreadOut:
    """How many lines the caller has not read."""
    return UnreadOut(unread=await service.count_unread(uow))


@router.post("/read", dependencies=ANYBODY)
async def read(uow: Uow, seen: ReadIn) -> ReadOut:
    """Mark lines as read, or all of them."""
    return ReadOut(marked=await service.mark_read(uow, seen.keys))


@router.get("/choices", dependencies=ANYBODY, response_model=list[ChoiceOut])
async def choices(uow: Uow) -> list[Choice]:
    """How the caller hears of each type."""
    return await service.list_choices(uow)


@router.patch("/choices/{type}", dependencies=ANYBODY, response_model=ChoiceOut)
async def choose(uow: Uow, type: NotificationType, wanted: ChoiceIn) -> Choice:  # noqa: A002 (as in the path)
    """Change how the caller hears of one type."""
    return await service.choose(uow, type, in_app=wanted.in_app, mail=wanted.mail)


@router.post("/stop", dependencies=BY_LINK, status_code=204)
async def stop(token: Token) -> None:
    """Stop mails at one press of a mail program (RFC 8058)."""
    async with runtime().database.unit_of_work(Actor.anonymous()) as uow:
        await service.stop_mails(uow, token)


@router.post("/stop/form", dependencies=BY_LINK, include_in_schema=False)
async def stop_by_form(token: Annotated[str, Form(max_length=128)] = "") -> RedirectResponse:
    """Stop mails from the page the link leads to."""
    try:
        async with runtime().database.unit_of_work(Actor.anonymous()) as uow:
            await service.stop_mails(uow, token)
    except CtiError as error:
        return redirect("/unsubscribe", token=token, error=short_code(error))
    return redirect("/unsubscribe", done="unsubscribe")
