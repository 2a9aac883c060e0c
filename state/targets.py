"""How fat animals shall be: the target of a group, of a farm, or of the whole organisation, in one dialog."""

from typing import Any
from uuid import UUID

from backend.core.errors import CtiError
from backend.herd import service as herd
from backend.herd.service import Target
from state import grading_words, herd_forms
from state.base import AppState, allow

NOTES = {
    "group": "For this group alone.",
    "farm": "For every group of this farm that has no target of its own.",
    "organization": "For every farm and group that has no target of its own.",
}


class TargetState(AppState):
    """The dialog: `target_of` says whose target is open (one of `NOTES`), empty where none is."""

    target_of: str = ""
    target_name: str = ""
    target_note: str = ""
    target_unit: str = "mm"
    target_values: dict[str, str] = {}
    target_errors: dict[str, str] = {}
    _place_id: str = ""

    @allow("admin", "technician")
    async def open_target(self, kind: str, place_id: str, name: str) -> None:
        """Show the target that holds for a place."""
        if kind not in NOTES:
            return
        self._place_id, self.target_errors = str(place_id), {}
        async with self._unit(read_only=True) as uow:
            place = self._place(kind)
            found = await herd.target_of(uow, **place)
        self.target_unit = grading_words.scale_of("mm", self.units).unit
        self.target_values = values_of(found, self.units)
        self.target_of, self.target_name, self.target_note = kind, str(name), NOTES[kind]

    @allow("admin", "technician")
    def close_target(self) -> None:
        """Change nothing."""
        self.target_of, self.target_errors = "", {}

    @allow("admin", "technician")
    async def set_target(self, form: dict[str, str]) -> None:
        """Set how fat the animals of the place shall be."""
        try:
            wanted = herd_forms.target(form, grading_words.scale_of("mm", self.units).size)
            async with self._unit() as uow:
                await herd.set_target(uow, wanted, **self._place(self.target_of))
        except CtiError as error:
            told = self._field_errors(error)
            self.target_errors = {**told, "backfat": told.get("backfat_mm", told.get("backfat", ""))}
            return
        self.target_of, self.target_errors = "", {}
        self._say("Target set.")

    def _place(self, kind: str) -> dict[str, UUID]:
        """What a service calls the place."""
        return {} if kind == "organization" else {f"{kind}_id": self._id(self._place_id)}


def values_of(found: Target, units: str) -> dict[str, Any]:
    """A target as its form shows it."""
    return {
        "backfat": grading_words.number(found.backfat_mm, "mm", units),
        "coming_days": str(found.coming_days),
        "rescan_days": str(found.rescan_days),
    }
