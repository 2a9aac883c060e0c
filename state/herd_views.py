"""Animals as pages show them: a row, a figure with its ±, and the trend of a trait with its words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from backend.core.clock import utc_now
from backend.herd.fit import Line, fit
from backend.herd.growth import Forecast, growth_line
from backend.herd.service import AnimalRow, HerdAnimal, Standing
from backend.herd.traits import BACKFAT, Reading, Trait, by_visit
from backend.herd.trend import Mark, Series, Trend, course_of, draw
from state import grading_words as said
from state import herd_words, words

AHEAD: Final = timedelta(days=14)
AHEAD_MOST: Final = timedelta(days=120)
TONES: Final[dict[str, str]] = {"ready": "accent", "coming": "info", "growing": "neutral", "scan": "warning"}


@dataclass
class HerdRow:
    """An animal in a list. `tone` colours its state; words are always there."""

    id: str = ""
    href: str = ""
    tag: str = ""
    what: str = ""
    where: str = ""
    group: str = ""
    state: str = ""
    tone: str = "neutral"
    days: str = ""
    why: str = ""
    rea: str = ""
    backfat: str = ""
    scanned: str = ""
    zone: str = ""
    status: str = ""


@dataclass
class Number:
    """A measured number with its error, how it stands to the group, and what changed."""

    label: str = ""
    value: str = ""
    unit: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class TrendView:
    """A chart with its title and what it says in words."""

    title: str = ""
    count: str = ""
    words: str = ""
    target: str = ""
    drawn: Trend = field(default_factory=Trend)


def row_of(animal: AnimalRow, standing: Standing, units: str, zone: str = "") -> HerdRow:
    """A row of the herd's list, with times in its farm's zone; an animal that has left the herd has no state."""
    here = animal.status == "active"
    return HerdRow(
        id=str(animal.id),
        href=f"/animals/{animal.id}",
        tag=animal.tag_id,
        what=herd_words.animal_words(animal.breed, animal.sex),
        where=animal.farm_name or "No farm",
        group=animal.group_name or "",
        zone=zone,
        status="" if here else dict(herd_words.STATUSES)[animal.status],
        **(standing_words(standing, units) if here else {}),
    )


def brief_of(animal: HerdAnimal, units: str) -> HerdRow:
    """The same for the lists of the home page, where the farm is known."""
    told = standing_words(animal.standing, units)
    return HerdRow(id=str(animal.id), href=f"/animals/{animal.id}", tag=animal.tag_id, **told)


def standing_words(standing: Standing, units: str) -> dict[str, str]:
    """What rows tell of how an animal stands."""
    return {
        "state": herd_words.STATES[standing.state],
        "tone": TONES[standing.state],
        "days": herd_words.short(standing),
        "why": standing.why_scan,
        "rea": _reading(standing.rea, "cm²", units),
        "backfat": _reading(standing.backfat, "mm", units),
        "scanned": words.instant(standing.scanned_at),
    }


def _reading(found: Reading | None, unit: str, units: str) -> str:
    return words.DASH if found is None else herd_words.measure(found.value, found.sd, unit, units)


def number_of(trait: Trait, found: Reading | None, notes: Sequence[str], units: str) -> Number:
    """A card's number; without one the card says so."""
    if found is None:
        return Number(trait.label, words.DASH, "", ["No usable scan yet"])
    value = said.number(found.value, trait.unit, units)
    told = [note for note in notes if note]
    return Number(trait.label, value, herd_words.error_and_unit(found, trait, units), told)


def trend_of(trait: Trait, readings: Sequence[Reading], units: str, standing: Standing | None = None) -> TrendView:
    """The chart of a trait; with a standing, on to when its target is reached."""
    if not readings:
        return TrendView(trait.label)
    scale = said.scale_of(trait.unit, units)
    series = series_of(trait, readings, standing)
    drawn = draw(series.scaled(scale.size)) or Trend()
    target = "" if series.target is None else f"target {said.row_words(series.target, trait.unit, units)}"
    noun = "weight" if trait.unit == "kg" else "scan"
    return TrendView(
        f"{trait.label}, {scale.unit}",
        words.plural(len(readings), noun),
        trend_words(trait, readings, units, standing),
        target,
        drawn,
    )


def series_of(trait: Trait, readings: Sequence[Reading], standing: Standing | None) -> Series:
    """Readings, the fitted course with its band, and the target. Backfat follows its growth, the rest a line."""
    marks = [Mark(one.at, one.value, one.sd or 0.0, usable=one.usable) for one in readings]
    logarithmic = trait is BACKFAT
    line = growth_line(readings) if logarithmic else _line(trait, readings)
    usable = [one.at for one in readings if one.usable]
    reached = _reached(standing, usable)
    if line is None or not usable:
        return Series(marks, (), _target(standing))
    end = usable[-1] + AHEAD if reached is None else max(reached + timedelta(days=3), usable[-1])
    until = min(end, usable[-1] + AHEAD_MOST) if logarithmic else usable[-1]
    course = course_of(line, usable[0], until, logarithmic=logarithmic)
    return Series(marks, course, _target(standing), reached)


def _line(trait: Trait, readings: Sequence[Reading]) -> Line | None:
    visits = by_visit(readings, trait)
    return fit(visits) if len(visits) > 1 else None


def _target(standing: Standing | None) -> float | None:
    return None if standing is None else standing.target.backfat_mm


def _reached(standing: Standing | None, usable: Sequence[datetime]) -> datetime | None:
    """When the fitted course passes the target, where that is still to come."""
    if standing is None or not isinstance(standing.growth, Forecast) or standing.growth.ready or not usable:
        return None
    return utc_now() + timedelta(days=standing.growth.days)


def trend_words(trait: Trait, readings: Sequence[Reading], units: str, standing: Standing | None) -> str:
    """What the chart shows, for who does not see it."""
    first, last = readings[0], readings[-1]
    begin = f"{trait.label}: {herd_words.measure(first.value, first.sd, trait.unit, units)} on {first.at:%-d %B %Y}"
    if len(readings) == 1:
        return f"{begin}."
    end = f"{herd_words.measure(last.value, last.sd, trait.unit, units)} on {last.at:%-d %B %Y}"
    told = f"{begin}, {end}, {len(readings)} readings."
    if standing is None:
        return told
    return f"{told} {herd_words.headline(standing)}: {herd_words.explanation(standing, units)}."
