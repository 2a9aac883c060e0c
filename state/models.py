"""The admin page of models: versions and aliases, how models do on the organisation's scans, two of them compared.

What is looked at lives in the address. Models belong to the installation: only whoever runs it changes them.
"""

from typing import Literal, cast

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.grading import batches, performance
from backend.registry import service as registry
from backend.registry.service import Alias
from state import address
from state.base import AppState, allow
from state.batch_views import BatchView, batch_of
from state.choices import device_options, farm_options
from state.loading import Loading
from state.model_charts import Chart, charts_of
from state.model_views import (
    MEASURES,
    Change,
    Comparison,
    Drift,
    Held,
    Performance,
    Version,
    change_of,
    comparison_of,
    drift_of,
    held_of,
    performances_of,
    summary_of,
    version_of,
)

PATH = "/admin/models"
NAMES = ("tab", "days", "a", "b", "measure")
TABS = ("", "performance", "compare", "batches")
DAYS = ("7", "30", "90")
USUAL_DAYS, USUAL_MEASURE = "30", "rea_cm2"
DIALOGS = ("champion", "canary", "shadow", "end-canary", "end-shadow", "return", "register")
USUAL_SHARE = "10"


def asked_of(parameters: dict[str, str]) -> dict[str, str]:
    """What an address asks for; what nobody knows is what is usual."""
    tab, days, measure = parameters["tab"], parameters["days"], parameters["measure"]
    return {
        **parameters,
        "tab": tab if tab in TABS else "",
        "days": days if days in DAYS else USUAL_DAYS,
        "measure": measure if measure in MEASURES else USUAL_MEASURE,
    }


def two_of(asked: dict[str, str], versions: list[Version]) -> tuple[str, str]:
    """The models to compare: those asked for, else the champion and another one; empty where there is only one."""
    known = [version.reference for version in sorted(versions, key=lambda version: "champion" not in version.aliases)]
    first = asked["a"] if asked["a"] in known else next(iter(known), "")
    others = [name for name in known if name != first]
    return first, asked["b"] if asked["b"] in others else next(iter(others), "")


class ModelsState(AppState, Loading):
    """The registry, and what the open tab shows."""

    asked: dict[str, str] = asked_of(dict.fromkeys(NAMES, ""))
    summary: str = ""
    may_change: bool = False
    versions: list[Version] = []
    held: list[Held] = []
    history: list[Change] = []
    performances: list[Performance] = []
    charts: list[Chart] = []
    drifts: list[Drift] = []
    comparison: Comparison = Comparison()
    batches: list[BatchView] = []
    farm_options: list[list[str]] = []
    device_options: list[list[str]] = []
    model_options: list[list[str]] = []
    model_dialog: str = ""
    chosen: str = ""
    share: str = USUAL_SHARE

    @allow("admin", supersedes=True)
    async def load(self) -> None:
        """Read what the address asks for."""
        if self.loaded:
            self.model_dialog = ""
        await self._load()

    @allow("admin", supersedes=True)
    async def refresh(self) -> None:
        """An alias was switched, or something was graded: read again."""
        await self._load()

    @allow("admin")
    def pick(self, name: str, value: str) -> EventSpec:
        """Change what is looked at."""
        changed = {str(name): str(value)} if name in NAMES else {}
        return rx.redirect(address.href(PATH, {**self.asked, **changed}), replace=True)

    @allow("admin")
    def open_model_dialog(self, name: str, reference: str = "") -> None:
        """Ask before anything is switched."""
        if name in DIALOGS:
            self.model_dialog, self.chosen, self.share = name, str(reference), USUAL_SHARE

    @allow("admin")
    def close_model_dialog(self) -> None:
        """Close the dialog, changing nothing."""
        self.model_dialog = ""

    @allow("admin")
    def slide(self, percent: float) -> None:
        """Show the canary's share while it is chosen."""
        self.share = str(percent)[:5].partition(".")[0]

    @allow("admin")
    async def crown(self) -> None:
        """Make the chosen model the champion."""
        await self._switch("champion", self.chosen, f"{self.chosen} is the champion from the next capture on.")

    @allow("admin")
    async def send_canary(self, form: dict[str, str]) -> None:
        """Let the chosen model grade a share of the captures."""
        text = str(form.get("share", ""))
        share = int(text) / 100 if text.isdecimal() else 0.0
        await self._switch("canary", self.chosen, f"{self.chosen} grades {text} % of the captures.", share)

    @allow("admin")
    async def shadow(self) -> None:
        """Let the chosen model run beside."""
        await self._switch("shadow", self.chosen, f"{self.chosen} runs beside; its results never count.")

    @allow("admin")
    async def end(self) -> None:
        """End the canary or the shadow, whichever the dialog is about."""
        alias: Alias = "canary" if self.model_dialog == "end-canary" else "shadow"
        await self._switch(alias, None, f"The {alias} has ended.")

    @allow("admin")
    async def return_to_previous(self) -> None:
        """Make the champion before this one champion again."""
        self.model_dialog = ""
        try:
            async with self._unit() as uow:
                model = await registry.return_to_previous(uow)
        except CtiError as error:
            self._say(error.detail, "warning")
        else:
            self._say(f"{model} is the champion again.")
        await self._load()

    @allow("admin")
    async def registered(self, reference: str) -> None:
        """A version was uploaded: show it; the browser tells when it has been tried."""
        self.model_dialog = ""
        self._say(f"{str(reference)[:100]} is registered. A worker tries it before it may grade.")
        await self._load()

    async def _switch(self, alias: Alias, reference: str | None, done: str, share: float | None = None) -> None:
        self.model_dialog = ""
        try:
            async with self._unit() as uow:
                await registry.set_alias(uow, alias, reference, share=share)
        except CtiError as error:
            self._say(error.detail, "warning")
        else:
            self._say(done)
        await self._load()

    async def _load(self) -> None:
        self.asked = asked_of(address.parameters(self.router.url.query_parameters, NAMES))
        with self._loading():
            self.may_change = (await self._actor()).platform_admin
            async with self._unit(read_only=True) as uow:
                self._show(await registry.list_models(uow))
                await self._load_tab(uow)

    def _show(self, found: registry.Registry) -> None:
        self.versions = [version_of(model) for model in found.models]
        self.held, self.summary = held_of(found), summary_of(found)
        self.history = [change_of(change) for change in found.history]

    async def _load_tab(self, uow: UnitOfWork) -> None:
        if self.asked["tab"] == "performance":
            found = await performance.performances(uow, int(self.asked["days"]))
            self.performances, self.charts = performances_of(found, utc_now()), charts_of(found, utc_now())
            self.drifts = [drift_of(one) for one in await performance.drifts(uow)]
        if self.asked["tab"] == "compare":
            await self._compare(uow)
        if self.asked["tab"] == "batches":
            await self._load_batches(uow)

    async def _load_batches(self, uow: UnitOfWork) -> None:
        self.farm_options, self.device_options = await farm_options(uow), await device_options(uow)
        self.model_options = [[version.reference, version.reference] for version in self.versions]
        names = dict(self.farm_options + self.device_options)
        self.batches = [batch_of(batch, names, self.time_zone) for batch in await batches.list_batches(uow)]

    async def _compare(self, uow: UnitOfWork) -> None:
        a, b = two_of(self.asked, self.versions)
        self.asked = {**self.asked, "a": a, "b": b}
        measure = cast("Literal['rea_cm2', 'backfat_mm']", self.asked["measure"])
        self.comparison = comparison_of(await performance.compare(uow, a, b, measure)) if b else Comparison()
