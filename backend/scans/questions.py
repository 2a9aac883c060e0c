"""A request for a list as its search needs it: filters and scope as conditions, and the sets rare hits are found in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import and_, or_, true

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import Invalid, NotFound
from backend.scans import list_repository as repository
from backend.scans.filters import MIDDLE_CHARS, Place, ScanFilters
from backend.scans.list_repository import KEY, Arm, Condition, Found, Stretch

GATHER_ROWS = 2_000
"""Up to so many scans are gathered at once, whatever their order in time."""
SET_MOST = 20_000
"""A set larger than this takes too long to intersect with others, and walks meet it soon enough."""
NAMES_MOST = 1_000
FARM_ARMS = 3
"""A person with so few farms has them asked one by one when rare scans are gathered."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person with some farms may see: these, and the captures made by `operator`."""

    farms: tuple[UUID, ...]
    operator: UUID | None

    @property
    def condition(self) -> Condition:
        theirs = repository.among(KEY.farm_id, self.farms)
        return theirs if self.operator is None else or_(theirs, KEY.operator_id == self.operator)


@dataclass(frozen=True, slots=True)
class Search:
    """Words people typed, with the animals and devices they may mean.

    Words that begin a capture id are not looked for in the middle of others: every id begins alike, so that is nothing
    a trigram could narrow down.
    """

    words: str
    in_the_middle: bool
    animals: tuple[UUID, ...]
    devices: tuple[UUID, ...]
    common: bool
    """Too many scans say this to gather them all."""

    def texts(self) -> list[Condition]:
        columns = (KEY.capture_id, KEY.label)
        if self.in_the_middle:
            return [column.icontains(self.words, autoescape=True) for column in columns]
        return [column.op("^@", is_comparison=True)(self.words) for column in columns]

    def named(self) -> list[Condition]:
        pairs = ((KEY.animal_id, self.animals), (KEY.device_id, self.devices))
        return [repository.among(column, ids) for column, ids in pairs if ids]

    @property
    def condition(self) -> Condition:
        return or_(*self.texts(), *self.named())


@dataclass(frozen=True, slots=True)
class Question:
    """Filters and scope as SQL needs them."""

    stretch: Stretch
    equal: dict[str, str | UUID]
    scope: Scope | None
    search: Search | None
    between: tuple[Condition, ...] = ()
    """Ranges, which no index answers: every row of a walk is tested."""

    def after(self, place: Place) -> "Question":
        """The same question, from a place on."""
        return replace(self, stretch=replace(self.stretch, after=place))

    def from_the_edge(self) -> "Question":
        """The same question about all of its stretch."""
        return replace(self, stretch=replace(self.stretch, after=None))

    def unmeasured(self, after: Place | None, *, backward: bool) -> "Question":
        """The end of a list ordered by a measure: those without one, the newest first."""
        stretch = replace(self.stretch, by="captured_at", descending=not backward, after=after)
        return replace(self, stretch=stretch, between=(*self.between, self.stretch.key.is_(None)))

    @property
    def wanted(self) -> Condition:
        """Everything a row must satisfy."""
        rest = self.rest(set())
        return true() if rest is None else rest

    def rest(self, answered: set[str]) -> Condition | None:
        """What a row must satisfy beyond what its lane has `answered`; None when that is all."""
        parts = [KEY[name] == value for name, value in self.equal.items() if name not in answered]
        if self.scope is not None and "scope" not in answered:
            parts.append(self.scope.condition)
        if self.search is not None:
            parts.append(self.search.condition)
        parts += self.between
        if not self.stretch.by_capture:
            parts += self.stretch.dates()
        return and_(true(), *parts) if parts else None


def scope_of(actor: Actor) -> Scope | None:
    """The asker's farms, and for those who make captures their own; None for every farm."""
    if actor.farm_ids is None:
        return None
    return Scope(tuple(sorted(actor.farm_ids)), None if actor.role == "farmer" else actor.user_id)


async def ask(
    uow: UnitOfWork, filters: ScanFilters, *, after: Place | None = None, backward: bool = False
) -> Question | None:
    """Prepare a question; None when nothing can answer it. Raises NotFound for one without an organisation."""
    actor = uow.actor
    if actor.org_id is None:
        raise NotFound
    equal = filters.equalities
    if actor.role == "farmer" and equal.setdefault("review", "accepted") != "accepted":
        return None
    if filters.by_arrival and not actor.sees_every_farm:
        message = "is for those who see every farm; sort by captured_at"
        raise Invalid(errors=[{"path": "sort", "message": message}])
    stretch = Stretch(
        org_id=actor.org_id,
        by=filters.sort.lstrip("-"),
        descending=filters.descending != backward,
        after=after,
        since=filters.captured_from,
        until=filters.captured_to,
    )
    search = await _search(uow, actor.org_id, filters.q) if filters.q else None
    return Question(stretch, equal, scope_of(actor), search, tuple(_between(filters)))


def _between(filters: ScanFilters) -> Iterator[Condition]:
    for name, (least, most) in filters.ranges.items():
        if least is not None:
            yield KEY[name] >= least
        if most is not None:
            yield KEY[name] <= most


async def _search(uow: UnitOfWork, org_id: UUID, words: str) -> Search:
    animals = await repository.animals_called(uow, org_id, words, NAMES_MOST)
    devices, captures = await repository.devices_called(uow, org_id, words, NAMES_MOST)
    in_the_middle = len(words) >= MIDDLE_CHARS and not await repository.begins_capture(uow, org_id, words)
    looked_at = await repository.scans_to_search(uow, words) if in_the_middle else 0
    common = looked_at > SET_MOST or captures > GATHER_ROWS
    return Search(words, in_the_middle, tuple(animals), tuple(devices), common)


async def gather(uow: UnitOfWork, question: Question, limit: int) -> Found | None:
    """Everything a rare search finds, or else a rare combination of filters; None where neither is rare."""
    arms = arms_of_search(question)
    rare = await repository.gather(uow, question.stretch, arms, most=GATHER_ROWS, limit=limit) if arms else None
    if rare is None and not question.stretch.by_capture and await _sees_little(uow, question):
        arms = _arms_of_farms(question)
        rare = await repository.gather(uow, question.stretch, arms, most=GATHER_ROWS, limit=limit)
    if rare is not None:
        return rare
    if not await _is_selective(uow, question):
        return None
    async with repository.bitmaps_only(uow):
        arms = arms_of_filters(question)
        return await repository.gather(uow, question.stretch, arms, most=GATHER_ROWS, limit=limit)


async def count(uow: UnitOfWork, question: Question) -> int | None:
    """The same as a number."""
    arms = arms_of_search(question)
    rare = await repository.count_gathered(uow, arms, most=GATHER_ROWS) if arms else None
    if rare is not None or not await _is_selective(uow, question):
        return rare
    async with repository.bitmaps_only(uow):
        return await repository.count_gathered(uow, arms_of_filters(question), most=GATHER_ROWS)


async def _sees_little(uow: UnitOfWork, question: Question) -> bool:
    """Tell whether the asker's farms are few and small; in larger ones a walk meets enough of them."""
    scope = question.scope
    if scope is None or not _places(question):
        return False
    places = [("farm_id", farm) for farm in scope.farms]
    places += [] if scope.operator is None else [("operator_id", scope.operator)]
    return await repository.most_scans_holding(uow, places) <= GATHER_ROWS


async def _is_selective(uow: UnitOfWork, question: Question) -> bool:
    """Tell whether one of the filters asks for something that few scans are."""
    return bool(question.equal) and await repository.scans_holding(uow, question.equal) <= SET_MOST


def arms_of_filters(question: Question) -> Sequence[Arm]:
    """Where the filters' scans are gathered from; together these hold every row of the answer."""
    equal = [KEY[name] == value for name, value in question.equal.items()]
    places = _places(question) or [true()]
    return [repository.arm(question.stretch, question.wanted, place, *equal, most=GATHER_ROWS) for place in places]


def _arms_of_farms(question: Question) -> Sequence[Arm]:
    """All there is on the asker's few farms: for a list in another order than that of their indexes."""
    return [repository.arm(question.stretch, question.wanted, place, most=GATHER_ROWS) for place in _places(question)]


def _places(question: Question) -> Sequence[Condition]:
    """The asker's few farms, and what they captured themselves; none for who has many, or asks for one of them."""
    scope = question.scope
    if scope is None or "farm_id" in question.equal or len(scope.farms) > FARM_ARMS:
        return []
    own = [] if scope.operator is None else [KEY.operator_id == scope.operator]
    return [*(KEY.farm_id == farm for farm in scope.farms), *own]


def arms_of_search(question: Question) -> Sequence[Arm]:
    """Where the scans that say something are gathered from; none where too many say it."""
    stretch, search, wanted = question.stretch, question.search, question.wanted
    if search is None or search.common:
        return []
    if search.in_the_middle:
        arms = [repository.arm_of_search(stretch, wanted, search.words, most=GATHER_ROWS)]
    else:
        arms = [repository.arm(stretch, wanted, begins, most=GATHER_ROWS) for begins in search.texts()]
    return arms + [repository.arm(stretch, wanted, named, most=GATHER_ROWS) for named in search.named()]
