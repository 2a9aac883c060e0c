"""One group: how it is spread, who ranks where, who is ready, who is out of line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Final

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.farms import service as farms
from backend.herd import histogram
from backend.herd import service as herd
from backend.herd.histogram import Histogram
from backend.herd.service import GroupStanding, MemberStanding
from backend.herd.standing import STATES, State
from backend.herd.traits import BACKFAT, REA, Trait, TraitName
from state import address, grading_words, herd_words, words
from state.base import AppState, allow, signed_in
from state.herd_views import TONES, standing_words
from state.one_thing import OneThing

NAMES = ("sort", "state", "from")
SORTS: Final[tuple[tuple[TraitName | str, str], ...]] = (
    ("rea", "Ribeye"),
    ("backfat", "Backfat"),
    ("days", "Days to target"),
    ("tag", "Tag"),
)
SHOWN_MOST: Final = 100


@dataclass
class Spread:
    """The distribution of a trait with its words."""

    title: str = ""
    summary: str = ""
    words: str = ""
    drawn: Histogram = field(default_factory=Histogram)


@dataclass
class RankRow:
    """An animal in the ranking."""

    id: str = ""
    rank: str = ""
    href: str = ""
    tag: str = ""
    rea: str = ""
    rea_ratio: str = ""
    backfat: str = ""
    backfat_ratio: str = ""
    state: str = ""
    tone: str = "neutral"
    days: str = ""
    why: str = ""
    odd: str = ""


@dataclass
class StateCount:
    """How many animals of a group are in a state, and the way to them."""

    name: str
    label: str
    count: str
    tone: str
    href: str


@dataclass
class GroupView:
    """A group as its page shows it."""

    id: str = ""
    name: str = ""
    farm_id: str = ""
    farm: str = ""
    animals: str = ""
    headline: str = ""
    target: str = ""
    session: str = ""
    zone: str = ""
    counts: list[StateCount] = field(default_factory=list)
    spreads: list[Spread] = field(default_factory=list)
    note: str = ""


class GroupState(OneThing, AppState):
    """The page of a group. `?sort=` orders the ranking, `?state=` narrows it."""

    group: GroupView = GroupView()
    asked: dict[str, str] = dict.fromkeys(NAMES, "")
    rows: list[RankRow] = []
    older_href: str = ""
    newer_href: str = ""

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read the group the address names."""
        self.asked = address.parameters(self.router.url.query_parameters, NAMES)
        if self.loaded:
            self.dialog, self.errors = "", {}
        if self.group.id != self._asked_id():
            self.loaded, self.group = False, GroupView()
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something happened to it: read again."""
        await self._load()

    @allow("admin", "technician")
    def open_dialog(self, name: str) -> None:
        """Rename the group."""
        self.dialog, self.errors = (name if name == "edit" else ""), {}

    @allow("admin", "technician")
    def close_dialog(self) -> None:
        self.dialog, self.errors = "", {}

    @allow("admin", "technician")
    async def rename(self, form: dict[str, str]) -> None:
        """Give the group another name."""
        try:
            async with self._unit() as uow:
                await herd.update_group(uow, self._id(self.group.id), {"name": str(form.get("name", ""))})
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done("Saved.")

    async def _read(self, uow: UnitOfWork) -> None:
        found = await herd.group_standing(uow, self._id(self._asked_id()))
        farm_id = found.group.farm_id
        zone = "" if farm_id is None else (await farms.get_farm(uow, farm_id)).time_zone
        self._show(found)
        self.group.zone = zone

    def _show(self, found: GroupStanding) -> None:
        self.group = view_of(found, self.units)
        ranked = ranking(found, self.asked["sort"], self.asked["state"])
        first = int(self.asked["from"]) if self.asked["from"].isdecimal() else 0
        shown = ranked[first : first + SHOWN_MOST]
        self.rows = [rank_row(place, one, self.units) for place, one in enumerate(shown, first + 1)]
        self.older_href = self._turn(first + SHOWN_MOST) if first + SHOWN_MOST < len(ranked) else ""
        self.newer_href = self._turn(max(0, first - SHOWN_MOST)) if first else ""

    def _turn(self, first: int) -> str:
        return address.href(f"/groups/{self.group.id}", {**self.asked, "from": str(first) if first else ""})


def view_of(found: GroupStanding, units: str) -> GroupView:
    """Everything above the ranking."""
    group, counts = found.group, Counter(member.standing.state for member in found.members)
    return GroupView(
        id=str(group.id),
        name=group.name,
        farm_id=str(group.farm_id or ""),
        farm=group.farm_name or "No farm",
        animals=words.plural(len(found.members), "animal"),
        headline=headline(counts, len(found.members)),
        target=f"{grading_words.row_words(found.target.backfat_mm, 'mm', units)} of backfat",
        session=words.instant(found.session_at),
        counts=[state_count(group.id, state, counts[state]) for state in STATES],
        spreads=[spread for trait in (REA, BACKFAT) if (spread := spread_of(found, trait, units)) is not None],
        note=f"Only the first {len(found.members):,} animals are compared." if found.more else "",
    )


def headline(counts: Counter[State], animals: int) -> str:
    """How the group stands, in a sentence."""
    if not animals:
        return "No animals yet"
    if counts["ready"] == animals:
        return "All are ready"
    told = [
        (counts["ready"], "ready"),
        (counts["coming"], "coming"),
        (counts["scan"], words.noun(counts["scan"], "needs a new scan", "need a new scan")),
    ]
    said = [f"{number:,} {what}" for number, what in told if number]
    return ", ".join(said) if said else "All are growing"


def state_count(group_id: object, state: State, number: int) -> StateCount:
    href = f"/groups/{group_id}?state={state}"
    return StateCount(state, herd_words.STATES[state], words.count(number), TONES[state], href)


def spread_of(found: GroupStanding, trait: Trait, units: str) -> Spread | None:
    """The distribution of the latest session's values."""
    scale = grading_words.scale_of(trait.unit, units)
    values = [value / scale.size for value in found.values[trait.name].values()]
    drawn = histogram.draw(values)
    if drawn is None:
        return None
    digits = scale.digits
    low, centre, high = (f"{value:.{digits}f}" for value in (min(values), mean(values), max(values)))
    summary = f"mean {centre} {scale.unit}, {words.plural(len(values), 'animal')}"
    told = f"{trait.label} of {words.plural(len(values), 'animal')}: {low} to {high} {scale.unit}, mean {centre}."
    return Spread(f"{trait.label}, {scale.unit}", summary, told, drawn)


def ranking(found: GroupStanding, sort: str, state: str) -> list[MemberStanding]:
    """The members asked for: the largest first, or who is ready soonest; without a value at the end."""
    members = [member for member in found.members if not state or member.standing.state == state]
    if sort == "tag":
        return members
    if sort == "days":
        return sorted(members, key=lambda one: (one.standing.days is None, one.standing.days or 0, one.tag_id))
    return sorted(members, key=lambda one: (-_value(one, sort), one.tag_id))


def _value(member: MemberStanding, sort: str) -> float:
    reading = member.standing.backfat if sort == "backfat" else member.standing.rea
    return -1.0 if reading is None else reading.value


def rank_row(place: int, member: MemberStanding, units: str) -> RankRow:
    """A line of the ranking."""
    told = standing_words(member.standing, units)
    ratios = {name: f"{ratio.percent:.0f}" for name, ratio in member.ratios.items()}
    odd = _odd_words(member.odd)
    return RankRow(
        id=str(member.id),
        rank=str(place),
        href=f"/animals/{member.id}",
        tag=member.tag_id,
        rea_ratio=ratios.get("rea", words.DASH),
        backfat_ratio=ratios.get("backfat", words.DASH),
        odd=odd,
        **{name: told[name] for name in ("rea", "backfat", "state", "tone", "days", "why")},
    )


def _odd_words(odd: Sequence[TraitName]) -> str:
    """`Ribeye far from the others`."""
    labels = {"rea": "Ribeye", "backfat": "Backfat"}
    return f"{' and '.join(labels[name] for name in odd)} far from the others" if odd else ""
