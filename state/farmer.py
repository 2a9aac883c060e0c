"""The farmer's home: how the herd stands in a sentence, who is ready, coming or due for a scan, and what is new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from backend.herd.service import Overview
from backend.herd.standing import State
from state import words
from state.herd_views import TONES, HerdRow, brief_of

SHOWN: Final = 6
TITLES: Final[tuple[tuple[State, str, str], ...]] = (
    ("ready", "Ready", "has the backfat you want"),
    ("coming", "Coming", "soon there"),
    ("scan", "Needs a new scan", "cannot be told without one"),
)


@dataclass
class Pen:
    """Animals in one state: how many, and the first of them."""

    state: str
    title: str
    count: str
    tone: str
    note: str
    rows: list[HerdRow]
    more: str


@dataclass
class FarmerView:
    """Everything the farmer's home shows."""

    headline: str = ""
    summary: str = ""
    pens: list[Pen] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    news_since: str = ""
    session_at: str = ""
    session_zone: str = ""
    session: str = ""
    growing: str = ""


def view_of(found: Overview, units: str, zone: str) -> FarmerView:
    """The overview in words; `zone` is the person's own."""
    session = found.session
    return FarmerView(
        headline=headline(found),
        summary=summary(found),
        pens=[pen_of(found, *title, units) for title in TITLES] if found.animals else [],
        news=news_words(found),
        news_since=words.instant(found.news.since if found.news else None),
        session_at=words.instant(session.at if session else None),
        session_zone=(session.farm.time_zone if session and session.farm else "") or zone,
        session=session_words(found),
        growing=growing_words(len(found.of("growing"))),
    )


def growing_words(number: int) -> str:
    return words.plural(number, "other animal is growing", "other animals are growing") if number else ""


def headline(found: Overview) -> str:
    """How things are, in a sentence."""
    if not found.animals:
        return "Welcome"
    ready, coming, due = (len(found.of(state)) for state in ("ready", "coming", "scan"))
    if ready:
        return f"{words.plural(ready, 'animal is', 'animals are')} ready"
    if coming:
        first = found.of("coming")[0].standing.days or 0
        return f"The first animal is ready in about {words.plural(max(1, round(first)), 'day')}"
    if due == len(found.animals):
        return "Your animals need a scan"
    return "Your animals are growing"


def summary(found: Overview) -> str:
    if not found.animals:
        return "Your animals appear here once they have been scanned or written down."
    more = "the first " if found.more else ""
    return f"{more}{words.plural(len(found.animals), 'animal')} in your herd"


def pen_of(found: Overview, state: State, title: str, note: str, units: str) -> Pen:
    animals = found.of(state)
    rest = len(animals) - SHOWN
    return Pen(
        state=state,
        title=title,
        count=words.count(len(animals)),
        tone=TONES[state],
        note=note,
        rows=[brief_of(animal, units) for animal in animals[:SHOWN]],
        more=f"and {words.plural(rest, 'other')}" if rest > 0 else "",
    )


def news_words(found: Overview) -> list[str]:
    """What came since the last visit, a sentence each; empty when nothing did, or on the first visit."""
    news = found.news
    if news is None:
        return []
    told = []
    if news.scans:
        of_animals = words.plural(news.animals, "animal")
        told.append(f"{words.plural(news.scans, 'new usable scan')} of {of_animals}.")
    if news.ready:
        verb = words.noun(len(news.ready), "has become ready", "have become ready")
        told.append(f"{_tags([animal.tag_id for animal in news.ready])} {verb}.")
    return told


def _tags(tags: Sequence[str]) -> str:
    return ", ".join(tags[:SHOWN]) + (f" and {words.plural(len(tags) - SHOWN, 'other')}" if len(tags) > SHOWN else "")


def session_words(found: Overview) -> str:
    """`North Ridge · 14 animals with a usable image`; empty before the first."""
    session = found.session
    if session is None:
        return ""
    told = f"{words.plural(session.animals, 'animal')} with a usable image"
    return f"{session.farm.name} · {told}" if session.farm else told
