"""What is said of a notification, the same on the page and in a mail: a headline, a line below it, where it leads.

Payloads hold plain values, none of which is needed: a missing one is left unsaid.

| type | payload |
| --- | --- |
| session_graded | `farm`, `on` (ISO date), `scans`, `ungraded` (how many got no measurement) |
| results_accepted | `farm`, `scan_id`, `animal` |
| second_reading | `farm`, `scan_id`, `animal`, `trait` |
| device_silent | `farm`, `device`, `device_id`, `since` (ISO instant) |
| access_request | `name`, `email`, `role`, `request_id` |
| export_ready | `title`, `rows` |
| model_changed | `alias`, `model`, `was`, `reason` (a sentence, where the product changed it by itself) |
| mentioned | `by`, `text`, `scan_id` |

`farm` is filled in from the farm that was named. `link`, a path within the product, takes the place of the usual one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.notifications.channels import NotificationType

Payload = Mapping[str, Any]
LABELS: Mapping[NotificationType, str] = {
    "session_graded": "A session is graded",
    "results_accepted": "Results of your animals are accepted",
    "second_reading": "An image needs a second reading",
    "device_silent": "A device has gone silent",
    "access_request": "Somebody asks for access",
    "export_ready": "An export is ready",
    "model_changed": "Another model grades",
    "mentioned": "Somebody mentions you in a note",
}
"""What each type is, for the choices."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A notification, or several of one group, in words."""

    headline: str
    detail: str
    link: str


def wording(type_: NotificationType, payload: Payload, times: int = 1) -> Wording:
    """Say what `times` notifications of a group tell of; `payload` is the newest one's."""
    said = _SAYERS[type_](payload, times)
    link = str(payload.get("link", ""))
    # A path of the product alone: neither another host nor another scheme.
    own = link.startswith("/") and not link.startswith(("//", "/\\")) and link.isprintable()
    return Wording(said.headline, said.detail, link) if own else said


def _text(payload: Payload, key: str, otherwise: str = "") -> str:
    value = payload.get(key)
    return otherwise if value in (None, "") else " ".join(str(value).split())


def _at(payload: Payload) -> str:
    farm = _text(payload, "farm")
    return f" at {farm}" if farm else ""


def _scan(payload: Payload) -> str:
    scan = _text(payload, "scan_id")
    return f"/scans/{scan}" if scan else "/scans"


def counted(number: object, one: str, many: str) -> str:
    """A number with its noun: 1 image, 12 images."""
    return f"{number} {one if number == 1 else many}"


def _day(payload: Payload) -> str:
    try:
        on = date.fromisoformat(_text(payload, "on"))
    except ValueError:
        return ""
    return f" of {on:%-d %B %Y}"


def _session_graded(payload: Payload, _times: int) -> Wording:
    scans, without = payload.get("scans"), payload.get("ungraded")
    parts = [counted(scans, "image", "images") if scans else "", f"{without} without a measurement" if without else ""]
    return Wording(f"The session{_at(payload)}{_day(payload)} is graded", ", ".join(filter(None, parts)), "/scans")


def _results_accepted(payload: Payload, times: int) -> Wording:
    if times > 1:
        return Wording(f"{times} new results{_at(payload)}", "Accepted and ready to look at", "/")
    animal = _text(payload, "animal")
    return Wording(f"A new result{f' of {animal}' if animal else ''}{_at(payload)}", "Accepted", _scan(payload))


def _second_reading(payload: Payload, times: int) -> Wording:
    if times > 1:
        return Wording(f"{times} images{_at(payload)} need a second reading", "Marginal at the first", "/review")
    trait, animal = _text(payload, "trait"), _text(payload, "animal")
    of = f" of {animal}" if animal else ""
    return Wording(
        f"An image{of}{_at(payload)} needs a second reading", f"Marginal for {trait}" if trait else "", _scan(payload)
    )


def _device_silent(payload: Payload, _times: int) -> Wording:
    device, since = _text(payload, "device", "A device"), _text(payload, "since")
    detail = f"Last heard of on {since[:10]} at {since[11:16]} UTC" if len(since) > 16 else ""  # noqa: PLR2004 (ISO 8601)
    return Wording(f"{device}{_at(payload)} is silent", detail, "/admin/devices")


def _access_request(payload: Payload, _times: int) -> Wording:
    who, role = _text(payload, "name", "Somebody"), _text(payload, "role")
    asks = f"{who} asks for access" + (f" as {role}" if role else "")
    return Wording(asks, _text(payload, "email"), "/admin/people")


def _export_ready(payload: Payload, _times: int) -> Wording:
    rows = payload.get("rows")
    title = _text(payload, "title", "Your export")
    return Wording(f"{title} is ready", counted(rows, "row", "rows") if rows else "", "/notifications")


def _model_changed(payload: Payload, _times: int) -> Wording:
    alias, was = _text(payload, "alias", "model"), _text(payload, "was")
    model = _text(payload, "model")
    reason = _text(payload, "reason")
    if reason and was and not model:
        return Wording(f"The {alias} {was} was taken back", reason, "/admin/models")
    head = f"{model} is the {alias} now" if model else f"There is no {alias} model any more"
    return Wording(head, f"Before: {was}" if was else "", "/admin/models")


def _mentioned(payload: Payload, _times: int) -> Wording:
    return Wording(f"{_text(payload, 'by', 'Somebody')} mentions you", _text(payload, "text"), _scan(payload))


_SAYERS: Mapping[NotificationType, Callable[[Payload, int], Wording]] = {
    "session_graded": _session_graded,
    "results_accepted": _results_accepted,
    "second_reading": _second_reading,
    "device_silent": _device_silent,
    "access_request": _access_request,
    "export_ready": _export_ready,
    "model_changed": _model_changed,
    "mentioned": _mentioned,
}
