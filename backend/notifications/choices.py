"""What a person chose: for each type whether they read of it here, and how it comes by mail.

The link at the end of a mail changes the same without a sign-in: it is signed, and can do nothing but stop mails.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import BadRequest, Forbidden
from backend.core.runtime import runtime
from backend.core.security import hmac_sha256, same
from backend.core.settings import Settings
from backend.notifications import choice_repository as repository
from backend.notifications.channels import AUDIENCE, DEFAULTS, Channels, MailChoice, NotificationType
from backend.notifications.models import TYPES
from backend.notifications.wording import LABELS

EVERY = 255
"""Stands for all types in a link that stops mails."""
SIGNATURE_BYTES = 16


class LinkNotValid(BadRequest):
    code, title = "link_not_valid", "This link is not one this installation gave out"


@dataclass(frozen=True, slots=True)
class Choice:
    """One type with its words and the ways it comes."""

    type: NotificationType
    label: str
    in_app: bool
    mail: MailChoice


async def list_choices(uow: UnitOfWork) -> list[Choice]:
    """How the asker hears of each type their role has to do with."""
    user_id = _person(uow)
    chosen = await repository.choices_of(uow, user_id)
    return [_choice(type_, chosen.get(type_)) for type_ in types_for(uow.actor.role)]


def types_for(role: str) -> list[NotificationType]:
    """The types somebody of this role may be told of."""
    return [type_ for type_ in DEFAULTS if type_ not in AUDIENCE or role in AUDIENCE[type_]]


def _choice(type_: NotificationType, chosen: Channels | None) -> Choice:
    ways = chosen or DEFAULTS[type_]
    return Choice(type_, LABELS[type_], ways.in_app, ways.mail)


async def choose(
    uow: UnitOfWork, type_: NotificationType, *, in_app: bool | None = None, mail: MailChoice | None = None
) -> Choice:
    """Change what is given of how the asker hears of a type. Mails of it that wait go no more once it is off."""
    user_id = _person(uow)
    before = (await repository.choices_of(uow, user_id)).get(type_) or DEFAULTS[type_]
    ways = Channels(before.in_app if in_app is None else in_app, mail or before.mail)
    await repository.keep(uow, user_id, type_, ways)
    if ways.mail == "off":
        await repository.drop_waiting(uow, user_id, [type_])
    return _choice(type_, ways)


def mails_possible() -> bool:
    """Whether this installation has a mail server; without one everything comes in the app alone."""
    return bool(runtime().settings.smtp_url)


def _person(uow: UnitOfWork) -> UUID:
    if uow.actor.user_id is None:
        raise Forbidden("Only a person can choose.")
    return uow.actor.user_id


def stop_token(settings: Settings, user_id: UUID, type_: NotificationType | None) -> str:
    """What a mail's link carries: whose mails of which type (None: all) it stops, and our signature."""
    said = user_id.bytes + bytes([EVERY if type_ is None else TYPES.index(type_)])
    return base64.urlsafe_b64encode(said + _signature(settings, said)).rstrip(b"=").decode()


def _signature(settings: Settings, said: bytes) -> bytes:
    return hmac_sha256(settings.secret_key, b"stop mails:" + said)[:SIGNATURE_BYTES]


def _read_token(settings: Settings, token: str) -> tuple[UUID, list[NotificationType]]:
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (binascii.Error, UnicodeError) as error:
        raise LinkNotValid from error
    said, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if len(said) != len(UUID(int=0).bytes) + 1 or not same(signature, _signature(settings, said)):
        raise LinkNotValid
    every: tuple[NotificationType, ...] = get_args(NotificationType)
    number = said[-1]
    if number != EVERY and number >= len(TYPES):
        raise LinkNotValid
    return UUID(bytes=said[:-1]), [*every] if number == EVERY else [TYPES[number]]  # type: ignore[list-item]


async def stop_mails(uow: UnitOfWork, token: str) -> None:
    """Stop the mails a link names, for whoever holds it. Twice is as good as once. Raises LinkNotValid."""
    user_id, types = _read_token(runtime().settings, token)
    await uow.act_as(Actor.system())
    if not await repository.exists(uow, user_id):
        raise LinkNotValid
    chosen = await repository.choices_of(uow, user_id)
    for type_ in types:
        in_app = (chosen.get(type_) or DEFAULTS[type_]).in_app
        await repository.keep(uow, user_id, type_, Channels(in_app, "off"))
    await repository.drop_waiting_everywhere(uow, user_id, types)
