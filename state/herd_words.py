"""The herd in plain words: when an animal is ready and how sure that is, how it stands to its group, what moved."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from backend.core.clock import utc_now
from backend.herd.growth import Forecast
from backend.herd.ratios import Ratio
from backend.herd.service import MovePlan, MoveRow, Standing
from backend.herd.traits import Reading, Trait
from state import grading_words as said
from state import words

SEXES: Final[tuple[tuple[str, str], ...]] = (
    ("steer", "Steer"),
    ("heifer", "Heifer"),
    ("bull", "Bull"),
    ("cow", "Cow"),
)
STATUSES: Final[tuple[tuple[str, str], ...]] = (
    ("active", "In the herd"),
    ("sold", "Sold"),
    ("dead", "Dead"),
    ("archived", "Archived"),
)
STATES: Final[dict[str, str]] = {
    "ready": "Ready",
    "coming": "Coming",
    "growing": "Growing",
    "scan": "Needs a scan",
}
ABOUT_NOW_DAYS: Final = 1.5
EVEN: Final = 0.5
NAMED_MOST: Final = 5


def animal_words(breed: str | None, sex: str | None) -> str:
    """`Angus steer`; empty where neither is known."""
    text = " ".join(part for part in (breed, sex) if part)
    return text[:1].upper() + text[1:]


def days(number: float) -> str:
    """`about 12 days`."""
    return f"about {words.plural(max(1, round(number)), 'day')}"


def headline(standing: Standing) -> str:
    """The sentence of an animal's page: when it is ready, or what it needs."""
    if standing.state == "ready":
        return "Ready now"
    if standing.state == "scan":
        return "Needs a new scan"
    growth = standing.growth
    if not isinstance(growth, Forecast):
        return "Not ready yet"
    return "Ready in a day or so" if growth.days < ABOUT_NOW_DAYS else f"Ready in {days(growth.days)}"


def explanation(standing: Standing, units: str) -> str:
    """What stands under it: the target and how sure the days are, or why nobody can tell."""
    growth, target = standing.growth, said.row_words(standing.target.backfat_mm, "mm", units)
    if standing.state == "scan":
        return standing.why_scan
    if not isinstance(growth, Forecast):
        return f"{target} of backfat is the target." if standing.state == "ready" else growth.reason
    if growth.ready:
        return f"{measure(growth.now_mm, growth.now_sd_mm, 'mm', units)} of backfat today; the target is {target}"
    return f"to {target} of backfat · give or take {words.plural(max(1, round(growth.days_sd)), 'day')}"


def short(standing: Standing) -> str:
    """The same in a list: `in about 12 days ±6`."""
    growth = standing.growth
    if standing.state in {"coming", "growing"} and isinstance(growth, Forecast):
        return f"{max(1, round(growth.days))} {said.PLUS_MINUS}{max(1, round(growth.days_sd))} days"
    return "now" if standing.state == "ready" else ""


def measure(value: float, sd: float | None, unit: str, units: str) -> str:
    """`9.6 ±1.3 mm`."""
    error = "" if sd is None else f" {said.PLUS_MINUS}{said.number(sd, unit, units)}"
    return f"{said.number(value, unit, units)}{error} {said.scale_of(unit, units).unit}"


def reading(found: Reading | None, trait: Trait, units: str) -> str:
    """A reading in a list; a dash where there is none."""
    return words.DASH if found is None else measure(found.value, found.sd, trait.unit, units)


def error_and_unit(found: Reading, trait: Trait, units: str) -> str:
    """What stands behind a big number: `±1.3 mm`."""
    unit = said.scale_of(trait.unit, units).unit
    return unit if found.sd is None else f"{said.PLUS_MINUS}{said.number(found.sd, trait.unit, units)} {unit}"


def ratio_words(ratio: Ratio | None) -> str:
    """`6 % above its group`; empty where there are too few to compare it with."""
    if ratio is None:
        return ""
    if abs(ratio.above) < EVEN:
        return "as its group"
    return f"{abs(ratio.above):.0f} % {'above' if ratio.above > 0 else 'below'} its group"


def change_words(readings: list[Reading], trait: Trait, units: str) -> str:
    """`+1.9 since August`: against the usable reading before, of another day."""
    usable = [one for one in readings if one.usable]
    if not usable:
        return ""
    earlier = [one for one in usable if usable[-1].at - one.at > timedelta(days=1)]
    if not earlier:
        return ""
    change = usable[-1].value - earlier[-1].value
    sign = words.MINUS if change < 0 else "+"
    return f"{sign}{said.number(abs(change), trait.unit, units)} since {since(earlier[-1].at)}"


def since(at: datetime) -> str:
    """`August` within a year, `12 Nov` within the last weeks, `March 2025` beyond."""
    age = utc_now() - at
    if age < timedelta(days=45):
        return f"{at:%-d %b}"
    return f"{at:%B}" if age < timedelta(days=330) else f"{at:%B %Y}"


def age(born: date | None) -> str:
    """`14 months`, `3 years`; empty where nobody knows."""
    if born is None:
        return ""
    months = max(0, (datetime.now(UTC).date() - born).days * 12 // 365)
    return words.plural(months, "month") if months < 24 else words.plural(months // 12, "year")  # noqa: PLR2004 (two years)


def plan_words(plan: MovePlan) -> list[str]:
    """What a move would do, a sentence each."""
    to = " in ".join(part for part in (plan.group, plan.farm) if part) or "no farm"
    if not plan.animals:
        return [f"All of them are in {to} already."]
    said_so = [f"{words.plural(plan.animals, 'animal')} and {words.plural(plan.scans, 'scan')} go to {to}."]
    if plan.losing:
        said_so.append(f"No longer seen by {names(plan.losing)}.")
    if plan.gaining:
        said_so.append(f"From then on seen by {names(plan.gaining)}.")
    if plan.tags_worn:
        said_so.append(f"Not possible yet: {names(plan.tags_worn)} are worn there already. Give other tags first.")
    return said_so


def names(listed: list[str]) -> str:
    """`A, B and 3 others`."""
    if len(listed) > NAMED_MOST:
        return f"{', '.join(listed[:NAMED_MOST])} and {words.plural(len(listed) - NAMED_MOST, 'other')}"
    return " and ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)


def move_words(move: MoveRow) -> str:
    """`Pen 4 (North) → Pen 7 (North)`."""
    return f"{place(move.from_group, move.from_farm)} → {place(move.to_group, move.to_farm)}"


def place(group: str | None, farm: str | None) -> str:
    if group:
        return f"{group} ({farm})" if farm else group
    return farm or "no farm"
