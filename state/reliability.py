"""The page of reliability: which trait, against what, of whom and since when stands in the address."""

from typing import Any, cast

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.clock import utc_now
from backend.reviews import reliability
from backend.reviews.reliability import Against
from backend.reviews.rules import Trait
from state import address
from state.base import AppState, allow
from state.loading import Loading
from state.reliability_views import Drawn, Line, bar_words, drawn_of, line_of
from state.review_words import TRAITS, UNITS

PATH = "/reliability"
NAMES = ("trait", "against", "days", "reader")
DAYS = ("30", "90", "365")
AGAINST: dict[str, str] = {
    "model": "Against the model",
    "readers": "Against other readers",
    "repeat": "Against themselves",
}


def asked_of(parameters: dict[str, str]) -> dict[str, str]:
    """What an address asks for; what nobody knows is what is usual."""
    trait, against, days = parameters["trait"], parameters["against"], parameters["days"]
    return {
        **parameters,
        "trait": trait if trait in TRAITS else "rea",
        "against": against if against in AGAINST else "model",
        "days": days if days in DAYS else "90",
    }


class ReliabilityState(AppState, Loading):
    """What the address asks for, as lines and drawings."""

    asked: dict[str, str] = asked_of(dict.fromkeys(NAMES, ""))
    bar: str = ""
    unit: str = ""
    readers: list[Line] = []
    devices: list[Line] = []
    models: list[Line] = []
    reader_options: list[list[str]] = []
    chosen: str = ""
    drawn: Drawn = Drawn()

    @allow("admin", "technician", supersedes=True)
    async def load(self) -> None:
        """Compare what the address asks for."""
        self.asked = asked_of(address.parameters(self.router.url.query_parameters, NAMES))
        with self._loading():
            async with self._unit(read_only=True) as uow:
                self._show(
                    await reliability.report(
                        uow,
                        cast("Trait", self.asked["trait"]),
                        days=int(self.asked["days"]),
                        against=cast("Against", self.asked["against"]),
                        reader=self._id(self.asked["reader"]) if self.asked["reader"] else None,
                    )
                )

    @allow("admin", "technician")
    def pick(self, name: str, value: str) -> EventSpec:
        """Change what is compared."""
        changed: dict[str, Any] = {str(name): str(value)} if name in NAMES else {}
        return rx.redirect(address.href(PATH, {**self.asked, **changed}), replace=True)

    def _show(self, found: reliability.Report) -> None:
        against = cast("Against", self.asked["against"])
        self.bar, self.unit = bar_words(found.trait), UNITS[found.trait]
        self.readers = [line_of(one, found.trait) for one in found.readers[against]]
        self.devices = [line_of(one, found.trait) for one in found.devices]
        self.models = [line_of(one, found.trait) for one in found.models]
        self.reader_options = [[str(key), name] for key, name in found.names.items()]
        self.chosen = found.chosen
        whole = reliability.reliability_of(found.chosen, found.pairs, found.trait)
        self.drawn = drawn_of(found.pairs, whole, found.trait, utc_now())
