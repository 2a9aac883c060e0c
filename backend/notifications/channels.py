"""How each type reaches people: who hears of it, and by which channels unless they chose otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from backend.core.actor import Role

NotificationType = Literal[
    "session_graded",
    "results_accepted",
    "second_reading",
    "device_silent",
    "access_request",
    "export_ready",
    "model_changed",
    "mentioned",
]
MailChoice = Literal["immediate", "digest", "off"]
DIGEST_AT = time(7)
FALLBACK_ZONE = "America/Edmonton"
GATHERING = timedelta(seconds=20)
"""A mail waits this long for others to the same person, so that a burst is one mail."""


@dataclass(frozen=True, slots=True)
class Channels:
    """By which ways a type reaches a person."""

    in_app: bool
    mail: MailChoice


DEFAULTS: Mapping[NotificationType, Channels] = {
    "session_graded": Channels(in_app=True, mail="digest"),
    "results_accepted": Channels(in_app=True, mail="digest"),
    "second_reading": Channels(in_app=True, mail="digest"),
    "device_silent": Channels(in_app=True, mail="immediate"),
    "access_request": Channels(in_app=True, mail="immediate"),
    "export_ready": Channels(in_app=True, mail="off"),
    "model_changed": Channels(in_app=True, mail="digest"),
    "mentioned": Channels(in_app=True, mail="immediate"),
}

AUDIENCE: Mapping[NotificationType, tuple[Role, ...]] = {
    "session_graded": ("admin", "technician"),
    "results_accepted": ("farmer",),
    "second_reading": ("technician",),
    "device_silent": ("admin", "technician"),
    "access_request": ("admin",),
    "model_changed": ("admin", "technician"),
}
"""The roles that hear of a type when nobody is named. What is missing here is always for somebody named."""

GROUPED: frozenset[NotificationType] = frozenset({"results_accepted", "second_reading"})
"""Types of which many come at once: those of a farm and day are shown as one."""


def mail_due(choice: MailChoice, time_zone: str | None, now: datetime) -> datetime | None:
    """When a mail goes out: nearly at once, at the next 07:00 in the person's zone, or never."""
    if choice == "off":
        return None
    if choice == "immediate":
        return now + GATHERING
    local = now.astimezone(ZoneInfo(time_zone or FALLBACK_ZONE))
    day = local.date() if local.time() < DIGEST_AT else local.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_AT, local.tzinfo).astimezone(now.tzinfo)
