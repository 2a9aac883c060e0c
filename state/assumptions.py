"""What the organisation takes for granted when grades are projected, and the dialog in which its admins change it."""

from dataclasses import dataclass
from typing import Any

from backend.core.errors import CtiError, FieldError, Invalid
from backend.grading import assumptions as service
from backend.grading.measures import Assumptions
from state.base import AppState, allow, signed_in

FIELDS = ("dressing_percent", "kph_percent", "default_live_weight_kg")


@dataclass
class Taken:
    """The assumptions as a form holds them; empty where there is none."""

    dressing_percent: str = ""
    kph_percent: str = ""
    default_live_weight_kg: str = ""


def taken_of(found: Assumptions) -> Taken:
    """As a form holds them."""
    return Taken(**{name: _shown(getattr(found, name)) for name in FIELDS})


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def values_of(form: dict[str, Any]) -> dict[str, float | None]:
    """What a form says; a decimal comma is one, too. Raises Invalid with every field that is no number."""
    values: dict[str, float | None] = {}
    wrong: list[FieldError] = []
    for name in FIELDS:
        text = str(form.get(name, "")).strip().replace(",", ".")
        try:
            values[name] = float(text) if text else None
        except ValueError:
            wrong.append(FieldError(path=name, message="must be a number"))
    if wrong:
        raise Invalid(errors=wrong)
    return values


class AssumptionsState(AppState):
    """The dialog over the assumptions."""

    assuming: bool = False
    taken: Taken = Taken()
    errors: dict[str, str] = {}

    @allow("admin")
    async def open_assumptions(self) -> None:
        """Read what is assumed and open the dialog."""
        async with self._unit(read_only=True) as uow:
            self.taken = taken_of(await service.of_organization(uow))
        self.errors, self.assuming = {}, True

    @allow("admin")
    async def save_assumptions(self, form: dict[str, Any]) -> None:
        """Change them; what is graded from now on uses the new ones."""
        try:
            async with self._unit() as uow:
                await service.change(uow, values_of(form))
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.assuming = False
        self._say("Saved. What is graded from now on uses these assumptions.")

    @signed_in
    def close_assumptions(self) -> None:
        """Close the dialog, changing nothing."""
        self.assuming, self.errors = False, {}
