"""The page of duplicates: likely pairs, what a merge would do, and the merges that were made."""

from dataclasses import dataclass, field

from backend.core.errors import CtiError
from backend.duplicates import service as duplicates
from backend.duplicates.schemas import MergeOut, PairOut, PreviewOut
from backend.herd.schemas import AnimalOut
from backend.sheets.columns import WORDS
from state import words
from state.base import AppState, allow
from state.loading import Loading

FIELDS = {**WORDS, "farm_id": "Farm", "group_id": "Group"}


@dataclass
class AnimalBrief:
    """One of a pair, in two lines."""

    id: str = ""
    tag: str = ""
    facts: str = ""


@dataclass
class Pair:
    """Two animals that are likely one."""

    first: AnimalBrief
    second: AnimalBrief
    why: str


@dataclass
class Plan:
    """What a merge would do."""

    survivor: AnimalBrief = field(default_factory=AnimalBrief)
    gone: AnimalBrief = field(default_factory=AnimalBrief)
    moves: list[str] = field(default_factory=list)
    takes: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)


@dataclass
class Merge:
    """A merge that was made."""

    id: str
    told: str
    farm: str
    by: str
    at: str
    undone: bool


def brief_of(animal: AnimalOut) -> AnimalBrief:
    """One of a pair in words."""
    born = f"born {animal.birth_date:%-d %b %Y}" if animal.birth_date else ""
    known = (animal.rfid, animal.sex, animal.breed, born, animal.group_name, animal.farm_name or "no farm")
    return AnimalBrief(str(animal.id), animal.tag_id, " · ".join(part for part in known if part))


def pair_of(pair: PairOut) -> Pair:
    """A pair in words."""
    return Pair(brief_of(pair.first), brief_of(pair.second), pair.why)


def plan_of(plan: PreviewOut) -> Plan:
    """What a merge would do, in words."""
    return Plan(
        brief_of(plan.survivor),
        brief_of(plan.gone),
        plan.moves,
        [f"{FIELDS.get(one.field, one.field)}: {one.value}" for one in plan.takes],
        [f"{FIELDS.get(one.field, one.field)}: {one.value}" for one in plan.differs],
    )


def merge_of(merge: MergeOut) -> Merge:
    """A merge in words."""
    return Merge(
        id=str(merge.id),
        told=f"{merge.gone_tag} was merged into {merge.survivor_tag or 'an animal that is gone'}",
        farm=merge.farm_name or "",
        by=merge.created_by_name or "",
        at=words.instant(merge.created_at),
        undone=merge.undone_at is not None,
    )


class DuplicatesState(AppState, Loading):
    """Pairs, the plan that is open over them, and merges."""

    pairs: list[Pair] = []
    merges: list[Merge] = []
    planning: bool = False
    plan: Plan = Plan()

    @allow("admin", "technician", supersedes=True)
    async def load(self) -> None:
        """Look for likely pairs."""
        self.planning = False
        await self._load()

    @allow("admin", "technician", supersedes=True)
    async def refresh(self) -> None:
        """Animals have changed: look again."""
        await self._load()

    @allow("admin", "technician")
    async def show_plan(self, survivor_id: str, gone_id: str) -> None:
        """Show what keeping the one and giving up the other would do."""
        await self._plan(survivor_id, gone_id)

    async def _plan(self, survivor_id: str, gone_id: str) -> None:
        try:
            async with self._unit(read_only=True) as uow:
                found = await duplicates.preview(uow, self._id(survivor_id), self._id(gone_id))
        except CtiError as error:
            self._say(self._field_errors(error).get("gone_id", error.detail), "danger")
            return
        self.plan, self.planning = plan_of(found), True

    @allow("admin", "technician")
    async def swap(self) -> None:
        """Keep the other one."""
        await self._plan(self.plan.gone.id, self.plan.survivor.id)

    @allow("admin", "technician")
    def close_plan(self) -> None:
        """Leave both as they are."""
        self.planning = False

    @allow("admin", "technician")
    async def merge(self) -> None:
        """Make the two one."""
        try:
            async with self._unit() as uow:
                await duplicates.merge(uow, self._id(self.plan.survivor.id), self._id(self.plan.gone.id))
        except CtiError as error:
            self._say(error.detail, "danger")
            return
        self._say(f"{self.plan.gone.tag} was merged into {self.plan.survivor.tag}.")
        self.planning = False
        await self._load()

    @allow("admin", "technician")
    async def undo(self, merge_id: str) -> None:
        """Part the two again."""
        try:
            async with self._unit() as uow:
                await duplicates.part(uow, self._id(merge_id))
            self._say("Both records are there again.")
        except CtiError as error:
            self._say(error.detail, "danger")
        await self._load()

    async def _load(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                pairs = await duplicates.list_duplicates(uow)
                merges = await duplicates.list_merges(uow)
            self.pairs = [pair_of(pair) for pair in pairs]
            self.merges = [merge_of(merge) for merge in merges]
