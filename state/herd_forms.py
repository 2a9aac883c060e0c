"""What forms and addresses of the herd say, as services take it; everything in them is a stranger's text."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from backend.core.errors import FieldError, Invalid
from backend.herd.service import Target

SEXES: Final = frozenset({"steer", "heifer", "bull", "cow"})
STATUSES: Final = frozenset({"active", "sold", "dead", "archived"})


def key(name: str, form: Mapping[str, str]) -> UUID | None:
    """An identifier chosen in a form; None for none. Raises Invalid."""
    text = str(form.get(name, ""))
    try:
        return UUID(text) if text else None
    except ValueError:
        raise wrong(name, "must be one of the list") from None


def asked_key(text: str, error: type[Invalid]) -> UUID | None:
    """An identifier in an address; raises `error` for nonsense."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise error("Take the filters off and choose them again.") from None


def asked_word(text: str, known: frozenset[str], error: type[Invalid]) -> str | None:
    """One of a closed set in an address."""
    if text and text not in known:
        raise error("Take the filters off and choose them again.")
    return text or None


def animal(form: Mapping[str, str]) -> dict[str, Any]:
    """The columns of an animal, all that the form has; an empty field is None. Raises Invalid."""
    values: dict[str, Any] = {name: str(form[name]).strip() or None for name in ("rfid", "breed") if name in form}
    values["tag_id"] = str(form.get("tag_id", ""))
    for name, known in (("sex", SEXES), ("status", STATUSES)):
        if name in form:
            values[name] = _word(name, str(form[name]), known)
    if "birth_date" in form:
        values["birth_date"] = day("birth_date", str(form["birth_date"]))
    for name in ("farm_id", "group_id"):
        if name in form:
            values[name] = key(name, form)
    return values


def _word(name: str, text: str, known: frozenset[str]) -> str | None:
    if text and text not in known:
        raise wrong(name, "must be one of the list")
    return text or None


def day(name: str, text: str) -> date | None:
    """A day in a form; None for none. Raises Invalid."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise wrong(name, "must be a day") from None


def number(name: str, form: Mapping[str, str]) -> float:
    """A number in a form, with a point or a comma. Raises Invalid."""
    try:
        return float(str(form.get(name, "")).replace(",", "."))
    except ValueError:
        raise wrong(name, "must be a number") from None


def target(form: Mapping[str, str], size_mm: float) -> Target:
    """A target; its backfat is given in a unit of `size_mm`. Raises Invalid."""
    backfat_mm = round(number("backfat", form) * size_mm, 1)
    return Target(backfat_mm, int(number("coming_days", form)), int(number("rescan_days", form)))


def wrong(name: str, message: str) -> Invalid:
    return Invalid(errors=[FieldError(path=name, message=message)])
