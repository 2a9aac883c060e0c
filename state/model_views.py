"""Models as their page shows them: versions, what the aliases stand for, how they do, and two of them compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from backend.grading.schemas import ComparisonOut, DayOut, DriftOut, PerformanceOut, PerformancesOut
from backend.registry.service import AliasChange, Model, Registry
from state import grading_words as said
from state import plots, words
from state.plots import Plot

ALIASES: Final[dict[str, tuple[str, str]]] = {
    "champion": ("Champion", "Grades every capture that nobody else does"),
    "canary": ("Canary", "Grades a share of the captures, to be tried"),
    "shadow": ("Shadow", "Runs beside; its results never count"),
    "previous": ("Before", "The champion that a return leads to"),
}
MEASURES: Final[dict[str, tuple[str, str]]] = {"rea_cm2": ("Ribeye area", "cm²"), "backfat_mm": ("Backfat", "mm")}
PSI_FULL = 0.5
"""The index that fills a bar: twice of what is called drifted."""


@dataclass
class Version:
    """A line of the table of versions. `label` says what its maker has not shown."""

    reference: str
    kind: str
    source: str
    status: str
    reason: str
    aliases: list[str]
    sha256: str
    label: str
    at: str
    free: bool
    """Nothing keeps it from being given another alias: it is ready, and not the champion."""


@dataclass
class Held:
    """What an alias stands for; no model: for none."""

    alias: str
    label: str
    meaning: str
    model: str = ""
    share: str = ""
    since: str = ""
    reason: str = ""


@dataclass
class Change:
    """A line of the history of the aliases."""

    what: str
    who: str
    at: str


@dataclass
class Performance:
    """How a model did in the days asked for. Texts are ready to be shown."""

    model: str
    runs: str
    p50: str
    p95: str
    errors: str
    abstained: str
    confidence: str
    reference: str
    correction: str
    spark: str
    spark_words: str


@dataclass
class Drift:
    """How far a device's recent images are from its earlier ones."""

    device: str
    images: str
    brightness: str
    brightness_width: str
    contrast: str
    contrast_width: str
    level: str


@dataclass
class Comparison:
    """Two models on the same scans."""

    n: int = 0
    facts: list[list[str]] = field(default_factory=list)
    scatter: Plot = field(default_factory=Plot)
    differences: Plot = field(default_factory=Plot)
    a: str = ""
    b: str = ""
    unit: str = ""


def version_of(model: Model) -> Version:
    """A version as the table shows it."""
    return Version(
        reference=model.reference,
        kind=model.kind.replace("_", " "),
        source=model.source,
        status=model.status,
        reason=model.reason or "",
        aliases=list(model.aliases),
        sha256=model.sha256[:12],
        label=said.UNVALIDATED if model.facts.get("validated_on_real_cattle") is False else "",
        at=words.instant(model.created_at),
        free=model.status == "ready" and "champion" not in model.aliases,
    )


def held_of(registry: Registry) -> list[Held]:
    """Every alias with what it stands for, in the order people ask."""
    now = {change.alias: change for change in registry.aliases if change.model is not None}
    return [_held(alias, now.get(alias)) for alias in ALIASES]


def _held(alias: str, change: AliasChange | None) -> Held:
    name, meaning = ALIASES[alias]
    if change is None or change.model is None:
        return Held(alias, name, meaning)
    share = said.percent(change.share) if alias == "canary" else ""
    return Held(alias, name, meaning, change.model, share, words.instant(change.changed_at), change.reason or "")


def change_of(change: AliasChange) -> Change:
    """A line of the history."""
    name = ALIASES[change.alias][0]
    share = f" for {said.percent(change.share)}" if change.share is not None else ""
    what = f"{name}: {change.model or 'none'}{share}"
    return Change(
        f"{what}. {change.reason}" if change.reason else what, change.changed_by or "", words.instant(change.changed_at)
    )


def summary_of(registry: Registry) -> str:
    """What grades, in a sentence."""
    now = {change.alias: change for change in registry.aliases if change.model is not None}
    champion, canary = now.get("champion"), now.get("canary")
    if champion is None:
        return "No model grades yet"
    share = f", {canary.model} tries {said.percent(canary.share)} of the captures" if canary else ""
    return f"{champion.model} grades{share}"


def performances_of(found: PerformancesOut, today: datetime) -> list[Performance]:
    """Every model that ran, with a line through its days."""
    return [performance_of(one, runs_by_day(found.by_day, one.model, found.days, today)) for one in found.models]


def runs_by_day(by_day: Sequence[DayOut], model: str, days: int, today: datetime) -> list[int]:
    """Runs of a model on each of the last days, those without any too."""
    known = {day.day.date(): day.runs for day in by_day if day.model == model}
    return [known.get((today - timedelta(days=back)).date(), 0) for back in reversed(range(days))]


def performance_of(one: PerformanceOut, runs: Sequence[int]) -> Performance:
    """How one model did."""
    return Performance(
        model=one.model,
        runs=words.count(one.runs),
        p50=said.milliseconds(one.p50_ms),
        p95=said.milliseconds(one.p95_ms),
        errors=f"{said.percent(one.error_rate, 1)} ({one.failed:,})",
        abstained=f"{said.percent(one.abstention_rate)} ({one.abstained:,})",
        confidence=said.share(one.mean_confidence) or words.DASH,
        reference=_agreement(one.reference_iou, one.reference_n),
        correction=_agreement(one.correction_iou, one.correction_n),
        spark=plots.sparkline(runs),
        spark_words=f"Runs a day: at most {max(runs, default=0):,}, {runs[-1] if runs else 0:,} today",
    )


def _agreement(iou: float | None, number: int) -> str:
    return words.DASH if iou is None else f"{iou:.2f} on {number:,}"


def drift_of(one: DriftOut) -> Drift:
    """How far one device's images have moved."""
    return Drift(
        device=one.device_code,
        images=f"{one.recent_n:,} against {one.earlier_n:,}",
        brightness=_index(one.brightness_psi),
        brightness_width=_length(one.brightness_psi),
        contrast=_index(one.contrast_psi),
        contrast_width=_length(one.contrast_psi),
        level=one.level,
    )


def _index(psi: float | None) -> str:
    return words.DASH if psi is None else f"{psi:.2f}"


def _length(psi: float | None) -> str:
    return said.width((psi or 0) / PSI_FULL)


def comparison_of(found: ComparisonOut) -> Comparison:
    """Bias, limits and both drawings; empty drawings where no scan was graded by both."""
    name, unit = MEASURES[found.measure]
    points = [(pair.a, pair.b) for pair in found.pairs]
    view = Comparison(n=found.n, facts=comparison_facts(found, unit), a=found.a, b=found.b, unit=unit)
    if points:
        told = f"{name} of {words.plural(found.n, 'scan')}"
        view.scatter = plots.scatter(points, f"{told}: {found.b} against {found.a}")
        view.differences = plots.differences(points, levels_of(found), f"{told}: differences against means")
    return view


def comparison_facts(found: ComparisonOut, unit: str) -> list[list[str]]:
    """What a comparison comes to in numbers."""
    limits = f"{signed(found.lower)} to {signed(found.upper)} {unit}" if found.lower is not None else words.DASH
    return [
        ["Scans both measured", words.count(found.n)],
        ["Bias, second less first", f"{signed(found.bias)} {unit}" if found.bias is not None else words.DASH],
        ["95 % of differences", limits],
        ["Correlation r", f"{found.r:.3f}" if found.r is not None else words.DASH],
        ["Only the first abstained", words.count(found.only_a_abstained)],
        ["Only the second abstained", words.count(found.only_b_abstained)],
    ]


def levels_of(found: ComparisonOut) -> list[tuple[str, float, str]]:
    """The bias and the limits of agreement as lines."""
    levels = (
        ("bias", found.bias, "bias"),
        ("limit", found.upper, "+1.96 SD"),
        ("limit", found.lower, "\N{MINUS SIGN}1.96 SD"),
    )
    return [(kind, value, f"{name} {signed(value)}") for kind, value, name in levels if value is not None]


def signed(value: float | None) -> str:
    """`+0.42`, with the sign for minus."""
    return "" if value is None else f"{value:+.2f}".replace("-", words.MINUS)
