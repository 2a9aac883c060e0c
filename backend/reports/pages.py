"""Reports as HTML for printing: templates filled with facts in words. Everything but our own charts is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from backend.herd.growth import Forecast
from backend.herd.service import MemberStanding
from backend.herd.traits import BACKFAT, REA, Reading
from backend.reports import words
from backend.reports.drawing import spread_svg, trend_svg
from backend.reports.facts import AnimalFacts, GroupFacts, Picture
from backend.reports.words import NONE, Units

TEMPLATES = Path(__file__).with_name("templates")
ERROR_SENTENCE: Final = (
    "± is one standard deviation of a reading. Ultrasound differs from the carcass by about 4.5 cm² (0.70 in²) of"
    " ribeye area and 2.0 mm (0.08 in) of backfat."
)
SIMULATED_SENTENCE: Final = (
    "The outlines were drawn by a model that was trained on simulated images and has not been validated on real cattle."
)
RATIO_SENTENCE: Final = (
    "Ratio: 100 is the mean of the animals of the same sex, group and age that were scanned together."
)
GROUP_SENTENCES: Final = (ERROR_SENTENCE, RATIO_SENTENCE, "Accepted images alone are counted.")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _template(name: str) -> Template:
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _css() -> str:
    return (TEMPLATES / "report.css").read_text(encoding="utf-8")


def _render(name: str, common: Mapping[str, Any], **values: Any) -> str:
    from markupsafe import Markup

    return _template(name).render({**common, **values, "css": Markup(_css())})  # noqa: S704 (our own file)


def animal_page(facts: AnimalFacts, units: Units) -> str:
    """An animal on one page."""
    common = _common(facts, f"Tag {facts.animal.tag_id}", "Animal report", units)
    return _render(
        "animal.html",
        common,
        facts=_animal_facts(facts),
        picture=facts.picture is not None and facts.picture.data is not None,
        no_picture="No accepted image yet" if facts.picture is None else "The image is no longer stored",
        caption=_caption(facts.picture, facts.head.zone),
        figures=_figures(facts, units),
        standing=words.standing_sentence(facts.standing, facts.head.at, units),
        charts=_trends(facts, units),
        small=_animal_small(facts, units),
    )


def _common(facts: AnimalFacts | GroupFacts, name: str, what: str, units: Units) -> dict[str, Any]:
    today = words.local_day(facts.head.at, facts.head.zone)
    return {
        "head": facts.head,
        "title": f"{name}, {today}",
        "name": name,
        "what": what,
        "today": today,
        "units": units,
    }


def _animal_facts(facts: AnimalFacts) -> list[tuple[str, str]]:
    animal, at = facts.animal, facts.head.at.date()
    born = animal.birth_date
    told = [
        ("RFID", animal.rfid),
        ("Sex", animal.sex),
        ("Breed", animal.breed),
        ("Born", f"{born:%-d %B %Y} ({(at - born).days} days)" if born else None),
        ("Group", animal.group_name),
        ("Accepted scans", str(len(facts.followed.seen))),
    ]
    return [(label, value) for label, value in told if value]


def _caption(picture: Picture | None, zone: str) -> str:
    if picture is None:
        return "Shown once an image of it has been accepted."
    outline = "the outline is the one that was measured" if picture.outlined else "no outline is kept with it"
    return f"Latest accepted image, {words.local_day(picture.taken_at, zone)}; {outline}."


def _figures(facts: AnimalFacts, units: Units) -> list[tuple[str, str, str]]:
    standing = facts.standing
    rea, backfat = facts.ratios.get("rea"), facts.ratios.get("backfat")
    compared = f"{words.ratio_words(rea)} / {words.ratio_words(backfat)}" if rea or backfat else NONE
    grade, grade_note = _grade(facts.picture)
    return [
        ("Ribeye area (REA)", *_number(standing.rea, "cm²", units)),
        ("Backfat", *_number(standing.backfat, "mm", units)),
        ("Projected yield grade", grade, grade_note),
        ("Ratio in the group (100 is the mean)", compared, "REA / backfat" if rea or backfat else ""),
        ("Days to target", *_days(facts)),
    ]


def _number(reading: Reading | None, unit: str, units: Units) -> tuple[str, str]:
    return words.number(None if reading is None else reading.value, unit, units), words.plus_minus(reading, unit, units)


def _days(facts: AnimalFacts) -> tuple[str, str]:
    growth = facts.standing.growth
    if not isinstance(growth, Forecast):
        return NONE, ""
    return ("reached", "") if growth.ready else (f"{growth.days:.0f}", f"±{growth.days_sd:.0f} days")


def _grade(picture: Picture | None) -> tuple[str, str]:
    found = _part(picture, "yield_grade")
    value, error = found.get("value"), found.get("plus_minus")
    if not isinstance(value, (int, float)):
        return NONE, ""
    return f"YG {found.get('grade')}", f"{value:.1f}" + (f" ±{error:.1f}" if isinstance(error, (int, float)) else "")


def _part(picture: Picture | None, name: str) -> Mapping[str, Any]:
    found = None if picture is None else picture.projected.get(name)
    return found if isinstance(found, Mapping) else {}


def _trends(facts: AnimalFacts, units: Units) -> list[tuple[str, str]]:
    rea_unit, fat_unit = (words.scale_of(trait.unit, units).unit for trait in (REA, BACKFAT))
    drawn = [
        (f"Backfat, {fat_unit}", trend_svg(BACKFAT, facts.followed.backfat, units, facts.standing)),
        (f"Ribeye area, {rea_unit}", trend_svg(REA, facts.followed.rea, units)),
    ]
    return [(heading, chart) for heading, chart in drawn if chart]


def _animal_small(facts: AnimalFacts, units: Units) -> list[str]:
    picture = facts.picture
    small = [ERROR_SENTENCE]
    assumed = _assumed(picture, units)
    if assumed:
        small.append(assumed)
    if facts.ratios:
        small.append(RATIO_SENTENCE)
    if picture is not None and picture.simulated:
        small.append(SIMULATED_SENTENCE)
    return small


def _assumed(picture: Picture | None, units: Units) -> str:
    """What the projected grade takes for granted, in a sentence."""
    grade, assumptions = _part(picture, "yield_grade"), _part(picture, "assumptions")
    if not grade:
        return ""
    parts = [
        f"{label} {assumptions[name]:g} %"
        for name, label in (("dressing_percent", "dressing"), ("kph_percent", "KPH"))
        if isinstance(assumptions.get(name), (int, float))
    ]
    weight = grade.get("carcass_weight_kg")
    if isinstance(weight, (int, float)):
        parts.append(f"{words.weight(weight, units)} carcass{_whose_weight(grade, assumptions, units)}")
    return f"The yield grade is projected for a live animal and assumes {', '.join(parts)}." if parts else ""


def _whose_weight(grade: Mapping[str, Any], assumptions: Mapping[str, Any], units: Units) -> str:
    """Whether it was the animal that was weighed."""
    if grade.get("weight_assumed"):
        return " (not weighed)"
    weight = assumptions.get("live_weight_kg")
    return f" (weighed at {words.weight(weight, units)})" if isinstance(weight, (int, float)) else ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A line of a group's table, in words."""

    rank: str
    tag: str
    sex: str
    rea: str
    rea_ratio: str
    backfat: str
    backfat_ratio: str
    days: str
    state: str


def ranked(facts: GroupFacts, units: Units) -> list[Ranked]:
    """The group's animals: those nearest to their target first, those that nobody can tell of last, by tag."""
    ordered = sorted(facts.group.members, key=_nearness)
    return [_ranked(place, member, units) for place, member in enumerate(ordered, start=1)]


def _nearness(member: MemberStanding) -> tuple[bool, float, float, str]:
    days, backfat = member.standing.days, member.standing.backfat
    fattest_first = -backfat.value if backfat else 0.0
    return (days is None, days or 0.0, fattest_first, member.tag_id)


def _ranked(place: int, member: MemberStanding, units: Units) -> Ranked:
    standing = member.standing
    return Ranked(
        str(place),
        member.tag_id,
        member.sex or NONE,
        words.measure(standing.rea, "cm²", units),
        words.ratio_words(member.ratios.get("rea")),
        words.measure(standing.backfat, "mm", units),
        words.ratio_words(member.ratios.get("backfat")),
        words.days_words(standing),
        words.STATES[standing.state],
    )


def group_page(facts: GroupFacts, units: Units) -> str:
    """A group: who is ready, how its values are spread, and everybody ranked."""
    found = facts.group
    return _render(
        "group.html",
        _common(facts, found.group.name, "Group report", units),
        facts=_group_facts(facts, units),
        ready=ready_sentence(facts),
        charts=_spreads(facts, units),
        rows=ranked(facts, units),
        small=[*GROUP_SENTENCES, *([SIMULATED_SENTENCE] if facts.simulated else [])],
    )


def _group_facts(facts: GroupFacts, units: Units) -> list[tuple[str, str]]:
    found = facts.group
    session = words.local_day(found.session_at, facts.head.zone)
    target = f"{words.number(found.target.backfat_mm, 'mm', units)} {words.scale_of('mm', units).unit}"
    return [("Animals", str(len(found.members))), ("Last scanned", session), ("Target backfat", target)]


def ready_sentence(facts: GroupFacts) -> str:
    """Who is ready, by tag; who comes next."""
    ready = [member.tag_id for member in facts.group.members if member.standing.state == "ready"]
    soon = [member.tag_id for member in facts.group.members if member.standing.state == "coming"]
    told = f"Ready: {_listed(ready)}." if ready else "No animal has reached its target yet."
    return f"{told} Within {facts.group.target.coming_days} days: {_listed(soon)}." if soon else told


def _listed(tags: Sequence[str], most: int = 30) -> str:
    shown = ", ".join(tags[:most])
    return f"{shown} and {len(tags) - most} more" if len(tags) > most else shown


def _spreads(facts: GroupFacts, units: Units) -> list[tuple[str, str]]:
    drawn = [
        (f"{trait.label}, {words.scale_of(trait.unit, units).unit}", _spread(facts, trait.name, units))
        for trait in (REA, BACKFAT)
    ]
    return [(heading, chart) for heading, chart in drawn if chart]


def _spread(facts: GroupFacts, name: Any, units: Units) -> str:
    trait = REA if name == "rea" else BACKFAT
    return spread_svg(trait, list(facts.group.values.get(trait.name, {}).values()), units)
