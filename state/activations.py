"""The dialog of activation codes: the codes there are, a new one shown this once, and ending one."""

from dataclasses import dataclass

from backend.core.clock import utc_now
from backend.core.errors import CtiError
from backend.core.runtime import runtime
from backend.devices import activation
from backend.devices.models import DeviceActivation
from backend.farms import service as farms
from state import words
from state.base import AppState, allow
from state.devices import whole_number


@dataclass
class CodeRow:
    """A code as the dialog lists it. `standing` is open, used up, expired or ended."""

    id: str
    prefix: str
    used: str
    farm: str
    expires: str
    standing: str


def standing_of(found: DeviceActivation) -> str:
    """What still can be done with a code, in a word."""
    if found.ended_at is not None:
        return "ended"
    if found.used >= found.slots:
        return "used up"
    return "expired" if found.expires_at <= utc_now() else "open"


class ActivationsState(AppState):
    """One dialog; `fresh` is the code that was just made, in the clear."""

    shown: bool = False
    codes: list[CodeRow] = []
    farm_options: list[list[str]] = []
    fresh: str = ""
    fresh_for: str = ""
    door_url: str = ""
    errors: dict[str, str] = {}

    @allow("admin")
    async def open_codes(self) -> None:
        """Show the codes there are, and the form for another."""
        self.fresh, self.errors, self.shown = "", {}, True
        await self._read()

    @allow("admin")
    def close_codes(self) -> None:
        """Close the dialog; a code that was shown is gone for good."""
        self.fresh, self.errors, self.shown = "", {}, False

    @allow("admin")
    async def make(self, form: dict[str, str]) -> None:
        """Make a code and show it, this once."""
        slots, days = (whole_number(form.get(name)) for name in ("slots", "days"))
        try:
            async with self._unit() as uow:
                farm_id = self._id(form["farm_id"]) if form.get("farm_id") else None
                _, code = await activation.make_code(uow, slots=slots, days=days, farm_id=farm_id)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.errors, self.fresh = {}, code
        self.fresh_for = f"{words.plural(slots, 'device')}, {words.plural(days, 'day')}"
        self.door_url = f"{runtime().settings.public_url}/ingest/activation"
        await self._read()

    @allow("admin")
    async def end(self, activation_id: str) -> None:
        """End a code at once."""
        async with self._unit() as uow:
            await activation.end_code(uow, self._id(activation_id))
        self._say("The code registers nothing any more. Devices that used it keep their keys.")
        await self._read()

    async def _read(self) -> None:
        async with self._unit(read_only=True) as uow:
            found = await activation.list_codes(uow)
            called = {farm.id: farm.name for farm in await farms.list_farms(uow)}
        self.farm_options = [[str(farm_id), name] for farm_id, name in called.items()]
        self.codes = [
            CodeRow(
                id=str(one.id),
                prefix=one.prefix,
                used=f"{one.used:,} of {one.slots:,}",
                farm=called.get(one.farm_id, "") if one.farm_id else "",
                expires=words.instant(one.expires_at),
                standing=standing_of(one),
            )
            for one in found
        ]
