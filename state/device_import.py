"""Registering many devices: a list is pasted, tried line by line, registered, and its keys are given out once."""

from dataclasses import dataclass

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.errors import CtiError
from backend.devices import bulk
from backend.devices.bulk import BulkLine
from state import words
from state.base import AppState, allow


@dataclass
class Line:
    """One line of the list and what would become of it."""

    number: str
    code: str
    label: str
    farm: str
    problem: str


def line_of(found: BulkLine) -> Line:
    """A line as the dialog shows it."""
    return Line(str(found.number), found.code, found.label, found.farm, found.problem)


class DeviceImportState(AppState):
    """`step` is empty while the dialog is shut, then paste, check, keys."""

    step: str = ""
    text: str = ""
    lines: list[Line] = []
    count: int = 0
    wrong: int = 0
    made: str = ""
    error: str = ""
    _keys: str = ""

    @allow("admin")
    def open_import(self) -> None:
        """Ask for the list."""
        self.step, self.text, self.lines, self.wrong, self.error, self._keys = "paste", "", [], 0, "", ""

    @allow("admin")
    def close_import(self) -> None:
        """Keys that were not taken are gone for good."""
        self.step, self.text, self.lines, self._keys = "", "", [], ""

    @allow("admin")
    def back(self) -> None:
        """To the list, as it was."""
        self.step, self.error = "paste", ""

    @allow("admin")
    async def check(self, form: dict[str, str]) -> None:
        """Try every line, registering nothing."""
        self.text = str(form.get("text", ""))[: bulk.MOST_CHARS + 1]
        try:
            async with self._unit(read_only=True) as uow:
                found = await bulk.plan(uow, self.text)
        except CtiError as error:
            self.error = next(iter(self._field_errors(error).values()))
            return
        self.lines, self.error, self.step = [line_of(line) for line in found], "", "check"
        self.count = len(found)
        self.wrong = sum(bool(line.problem) for line in found)

    @allow("admin")
    async def register_all(self) -> None:
        """Register the list that was tried."""
        try:
            async with self._unit() as uow:
                made = await bulk.register_many(uow, self.text)
        except CtiError as error:
            self.error = error.detail
            return
        self._keys, self.made, self.step = bulk.keys_csv(made), words.plural(len(made), "device"), "keys"

    @allow("admin")
    def download_keys(self) -> EventSpec | None:
        """Hand the keys over as a file."""
        return rx.download(data=self._keys, filename="device-keys.csv", mime_type="text/csv") if self._keys else None
