"""Telling people what concerns them: one call beside the change it tells of, in the same transaction.

Open pages hear of it once that is committed; mails wait in the rows for the worker (`backend.notifications.mails`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.audit.service import plain
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.events import Event
from backend.core.runtime import runtime
from backend.identity.elevation import as_system
from backend.notifications import repository
from backend.notifications.centre import Notice, count_unread, list_notices, mark_read
from backend.notifications.channels import AUDIENCE, DEFAULTS, GROUPED, MailChoice, NotificationType, mail_due
from backend.notifications.choices import Choice, choose, list_choices, mails_possible, stop_mails
from backend.notifications.repository import Recipient

__all__ = [
    "Choice",
    "Notice",
    "NotificationType",
    "Word",
    "choose",
    "count_unread",
    "list_choices",
    "list_notices",
    "mails_possible",
    "mark_read",
    "notify",
    "notify_everywhere",
    "notify_of_each",
    "stop_mails",
]


@dataclass(frozen=True, slots=True)
class Word:
    """What one message tells of; with a `once_key` nobody gets it twice."""

    payload: dict[str, Any]
    once_key: str | None = None


async def notify(
    uow: UnitOfWork,
    type: NotificationType,  # noqa: A002 (the word every caller and the table use)
    *,
    farm_id: UUID | None = None,
    user_ids: Iterable[UUID] | None = None,
    payload: dict[str, Any],
    once_key: str | None = None,
) -> None:
    """Tell people of the asker's organisation, in the asker's transaction, by the channels each of them chose.

    Without `user_ids` those hear whose role the type concerns (`channels.AUDIENCE`), the asker left out; with
    `farm_id` only people in whose scope that farm lies, named ones included. A second call with the same `once_key`
    reaches nobody who was reached before. What `payload` may hold and what is said of it: `notifications.wording`.
    """
    await notify_of_each(uow, type, [Word(payload, once_key)], farm_id=farm_id, user_ids=user_ids)


async def notify_of_each(
    uow: UnitOfWork,
    type: NotificationType,  # noqa: A002 (as in notify)
    words: Sequence[Word],
    *,
    farm_id: UUID | None = None,
    user_ids: Iterable[UUID] | None = None,
) -> None:
    """The same people of many things alike: a message each, who hears is asked once."""
    org_id = uow.actor.org_id
    named = None if user_ids is None else list(user_ids)
    if org_id is None or named == []:
        return
    asker, now = uow.actor.user_id, utc_now()
    async with as_system(uow):
        people = await repository.recipients(
            uow, org_id, type, roles=AUDIENCE.get(type, ()), user_ids=named, farm_id=farm_id
        )
        hearing = [person for person in people if named is not None or person.user_id != asker]
        row: dict[str, object] = {"org_id": org_id, "type": type, "farm_id": farm_id}
        told = await _told(uow, org_id, type, farm_id, words, now) if hearing else []
        ways = [(person, _ways(person, type, now)) for person in hearing]
        rows = [{**row, **one, "user_id": person.user_id, **way} for person, way in ways if way for one in told]
        reached = await repository.add(uow, rows)
    for user_id in sorted(reached):
        uow.publish(Event("notification.created", org_id, user_id=user_id, data={"type": type}))


async def notify_everywhere(
    uow: UnitOfWork,
    type: NotificationType,  # noqa: A002 (as in notify)
    *,
    payload: dict[str, Any],
) -> None:
    """Tell the people of every organisation of what concerns the whole installation, such as its models."""
    asker = uow.actor
    await uow.act_as(Actor.system())
    for org_id in await repository.organizations(uow):
        await uow.act_as(replace(Actor.system(org_id), user_id=asker.user_id))
        await notify(uow, type, payload=payload)
    await uow.act_as(asker)


async def _told(
    uow: UnitOfWork,
    org_id: UUID,
    type_: NotificationType,
    farm_id: UUID | None,
    words: Sequence[Word],
    now: datetime,
) -> list[dict[str, object]]:
    """What each message says, and what it is shown together with: others of the farm and day."""
    farm = None if farm_id is None else await repository.farm_of(uow, org_id, farm_id)
    where = {"farm": farm[0]} if farm else {}
    day = now.astimezone(ZoneInfo(farm[1])).date() if farm else now.date()
    group = f"{type_}:{farm_id or ''}:{day}" if type_ in GROUPED else None
    return [
        {"payload": plain({**where, **word.payload}), "group_key": group, "once_key": word.once_key} for word in words
    ]


def _ways(person: Recipient, type_: NotificationType, now: datetime) -> dict[str, object] | None:
    """The columns that say how a person is reached; None for somebody who wants no word of this type."""
    usual = DEFAULTS[type_]
    in_app = usual.in_app if person.in_app is None else person.in_app
    mail: MailChoice = usual.mail if person.mail is None else person.mail  # type: ignore[assignment]  # by CHECK
    due = mail_due(mail, person.time_zone, now) if runtime().settings.smtp_url else None
    if due is None:
        return {"in_app": True, "mail": "none", "mail_due_at": None} if in_app else None
    return {"in_app": in_app, "mail": mail, "mail_due_at": due}
