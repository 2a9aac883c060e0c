"""Who did what: one call every subject makes beside its change, in the same transaction.

Secrets never get in: values under telling names are left out, and keys or links that stand in any text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import orjson

from backend.audit import repository
from backend.core.context import current_request
from backend.core.database import UnitOfWork

SECRET_WORDS = ("password", "secret", "token", "hash", "signature", "authorization", "cookie", "api_key")
SECRET_VALUES = re.compile(r"\b(cti_(?:dev|pat|ref)_|token=)[A-Za-z0-9_-]+")
"""Keys and links that were pasted into some text: their beginning says what they are, the rest goes."""
HIDDEN = "[hidden]"
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """An act as `record` takes it, one of many."""

    action: str
    object_type: str | None = None
    object_id: UUID | str | None = None
    before: Values | None = None
    after: Values | None = None


async def record(
    uow: UnitOfWork,
    action: str,
    object_type: str | None = None,
    object_id: UUID | str | None = None,
    before: Values | None = None,
    after: Values | None = None,
    *,
    org_id: UUID | None = None,
    user_id: UUID | None = None,
) -> None:
    """Append `action` (such as `user.role_changed`) to the log of the asker's organisation.

    `before` and `after` hold what changed, as plain values. `org_id` and `user_id` stand in for the actor's where the
    product itself acts for someone, as at sign-in. The request's id and address are added from its context.
    """
    whose = {"org_id": org_id or uow.actor.org_id, "user_id": user_id or uow.actor.user_id}
    await repository.insert(
        uow, [{**_asked(uow), **whose, **_told(Entry(action, object_type, object_id, before, after))}]
    )


async def record_all(uow: UnitOfWork, entries: Iterable[Entry]) -> None:
    """Append many acts of the asker at once, in this order."""
    asked = _asked(uow)
    await repository.insert(uow, [{**asked, **_told(entry)} for entry in entries])


def _asked(uow: UnitOfWork) -> dict[str, object]:
    """Who asks, and from where."""
    request = current_request()
    return {
        "org_id": uow.actor.org_id,
        "user_id": uow.actor.user_id,
        "request_id": request.request_id or None,
        "ip": request.ip or None,
        "session_id": uow.actor.session_id,
    }


def _told(entry: Entry) -> dict[str, object]:
    return {
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": None if entry.object_id is None else str(entry.object_id),
        "before": plain(entry.before),
        "after": plain(entry.after),
    }


def plain(values: Values | None) -> dict[str, object] | None:
    """Values as JSON can hold them, without secrets."""
    if values is None:
        return None
    encoded = orjson.dumps(_hide_secrets(values), default=_encodable, option=orjson.OPT_NON_STR_KEYS)
    decoded: dict[str, object] = orjson.loads(encoded)
    return decoded


def _hide_secrets(value: object, name: str = "") -> object:
    if value is not None and any(word in name.lower() for word in SECRET_WORDS):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: _hide_secrets(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hide_secrets(inner) for inner in value]
    if isinstance(value, str):
        return SECRET_VALUES.sub(rf"\1{HIDDEN}", value)
    return value


def _encodable(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        return sorted(str(inner) for inner in value)
    return float(value) if isinstance(value, Decimal) else str(value)
