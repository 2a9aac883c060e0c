"""Pages of scans for whoever asks, at any depth and for any combination of filters, in bounded time.

One filter has an index in the list's order: its walk finds nothing but hits. A combination takes up to three steps,
each bounded: a short walk, which fills the page where hits are common; a gathering, which finds everything where they
are rare; a long walk on from where the short one ended. What is left then is a cursor: the page may be short, and the
next one goes on where the walk stopped. What each step costs at a million scans: docs/performance.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import true

from backend.core.database import UnitOfWork
from backend.core.paging import Page
from backend.scans import list_repository as repository
from backend.scans import questions
from backend.scans.filters import Place, ScanFilters, cursor_of, place_of
from backend.scans.list_repository import KEY, NUMBERS, Condition, Found
from backend.scans.questions import Question, Scope, ask

SHORT_ENTRIES, LONG_ENTRIES = 4_000, 20_000
"""Bounds of walks that read an index alone: about 0.3 µs an entry."""
SHORT_TEXTS, LONG_TEXTS = 1_000, 6_000
"""The same with two texts to search in on each."""
SHORT_ROWS, LONG_ROWS = 300, 1_500
"""Bounds of walks that test rows of the table: up to 8 µs a row that is not in memory."""
LANES_MOST = 12
"""Farms whose indexes are merged; a person with more sees so much that one walk finds theirs soon enough."""
LEADS = ("animal_id", "group_id", "device_id", "label")
"""Filters with few scans each, or scans close together in time: their own index leads the first walk."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Lanes to follow, what is left to test on their rows, and after how many to stop."""

    lanes: Sequence[Condition]
    rest: Condition | None
    bound: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A short walk; how it goes on where it found much; and where it found little, another that reaches farther."""

    short: Walk
    onward: Walk
    far: Walk


async def find(uow: UnitOfWork, questions: Sequence[Question], limit: int) -> Found:
    """Up to `limit` keys in walking order, of one stretch after the other."""
    places: list[Place] = []
    rare = any(
        question.stretch.by in NUMBERS and any(name in question.equal for name in LEADS) for question in questions
    )
    for question in questions:
        found = await _find(uow, question, limit - len(places), rare=rare)
        places, rare = [*places, *found.places], found.rare
        if found.cut_at is not None or len(places) >= limit:
            return Found(places, found.cut_at)
    return Found(places)


async def _find(uow: UnitOfWork, question: Question, limit: int, *, rare: bool) -> Found:
    """The same of one stretch; what was rare in the one before is gathered at once."""
    gathered = await questions.gather(uow, question, limit) if rare else None
    if gathered is not None:
        return gathered
    plan = plan_of(question)
    first = await _walked(uow, question, plan.short, limit)
    missing = limit - len(first.places)
    if missing <= 0 or first.cut_at is None:
        return first
    goes_on = plan.onward
    if len(first.places) * plan.onward.bound < missing * plan.short.bound:
        gathered = await questions.gather(uow, question, limit)
        if gathered is not None:
            return gathered
        goes_on = plan.far
    rest = await _walked(uow, question.after(first.cut_at), goes_on, missing)
    return Found([*first.places, *rest.places], rest.cut_at)


async def _walked(uow: UnitOfWork, question: Question, walk: Walk, limit: int) -> Found:
    return await repository.walk(uow, question.stretch, walk.lanes, walk.rest, walk.bound, limit)


def plan_of(question: Question) -> Plan:
    """Choose the lanes: a narrow filter's own index, the one filter there is, the asker's farms, or all there is."""
    if question.stretch.by in NUMBERS:
        rest = question.rest(set())
        far = Walk((true(),), rest, LONG_ENTRIES)
        return Plan(Walk((true(),), rest, SHORT_ENTRIES), far, far)
    if not question.stretch.by_capture:
        rest = question.rest(set())
        onward = Walk((true(),), rest, LONG_ROWS)
        return Plan(Walk((true(),), rest, SHORT_ROWS), onward, onward)
    lanes, answered = _places(question.equal.get("farm_id"), question.scope)
    short, long = (SHORT_TEXTS, LONG_TEXTS) if question.search is not None else (SHORT_ENTRIES, LONG_ENTRIES)
    rest = question.rest(answered)
    far = Walk(lanes, rest, long)
    lead = _lead(question)
    if lead is None:
        return Plan(Walk(lanes, rest, short), far, far)
    lanes, rest = (KEY[lead] == question.equal[lead],), question.rest({lead})
    onward = Walk(lanes, rest, LONG_ROWS)
    return Plan(Walk(lanes, rest, SHORT_ROWS), onward, onward if lead == LEADS[0] else far)


def _lead(question: Question) -> str | None:
    """The filter whose own index the first walk follows, if one does."""
    equal = question.equal
    lead = next((name for name in LEADS if name in equal), None)
    tested = question.scope is not None or question.search is not None or question.between
    alone = len(equal) == 1 and "farm_id" not in equal and not tested
    return lead or (next(iter(equal)) if alone else None)


def _places(farm: str | UUID | None, scope: Scope | None) -> tuple[Sequence[Condition], set[str]]:
    """Lanes of places, and which filters they answer."""
    if isinstance(farm, UUID) and (scope is None or farm in scope.farms):
        return (KEY.farm_id == farm,), {"farm_id", "scope"}
    if scope is None or (farm is None and len(scope.farms) > LANES_MOST):
        return (true(),), set()
    own = () if scope.operator is None else (KEY.operator_id == scope.operator,)
    theirs = () if farm is not None else tuple(KEY.farm_id == one for one in scope.farms)
    return (*theirs, *own), {"scope"}


async def count(uow: UnitOfWork, filters: ScanFilters, most: int) -> tuple[int, bool]:
    """How many scans the filters find, counting to `most` and no further; and whether that is all of them."""
    question = await ask(uow, _in_any_order(filters))
    if question is None:
        return 0, True
    walk = plan_of(question).onward
    async with repository.fresh_plans(uow):
        n, complete = await repository.count(uow, question.stretch, walk.lanes, walk.rest, max(walk.bound, most + 1))
        rare = None if complete or n >= most else await questions.count(uow, question)
    if rare is not None:
        return rare, True
    return min(n, most), complete and n <= most


async def estimate(uow: UnitOfWork, filters: ScanFilters) -> int:
    """About how many scans the filters find, by the planner's statistics."""
    question = await ask(uow, _in_any_order(filters))
    if question is None:
        return 0
    async with repository.fresh_plans(uow):
        return await repository.estimate(uow, question.stretch, question.wanted)


async def latest(uow: UnitOfWork, limit: int) -> list[datetime]:
    """When the newest captures that the asker may see were made."""
    question = await ask(uow, ScanFilters())
    if question is None:
        return []
    async with repository.fresh_plans(uow):
        places = (await find(uow, [question], limit)).places
    return [place.at for place in places if isinstance(place.at, datetime)]


def _in_any_order(filters: ScanFilters) -> ScanFilters:
    """The same filters in the order that most indexes have; counts are the same in every order."""
    return filters.model_copy(update={"sort": "-captured_at"})


async def _stretches(
    uow: UnitOfWork, filters: ScanFilters, after: Place | None, *, backward: bool
) -> Sequence[Question]:
    """What to walk, one after the other: by a measure, those that have it come before those that have not."""
    question = await ask(uow, filters, after=after, backward=backward)
    if question is None:
        return []
    if filters.measure is None:
        return [question]
    at_the_end = after is not None and not after.measured
    last = question.unmeasured(after if at_the_end else None, backward=backward)
    if backward:
        return [last, question.from_the_edge()] if at_the_end else [question]
    return [last] if at_the_end else [question, last]


async def page(uow: UnitOfWork, filters: ScanFilters, cursor: str | None, limit: int) -> Page[UUID]:
    """Ids of one page, with the cursors of its neighbours. Raises BadCursor."""
    after, backward = place_of(filters, cursor) if cursor else (None, False)
    stretches = await _stretches(uow, filters, after, backward=backward)
    if not stretches:
        return Page([])
    async with repository.fresh_plans(uow):
        found = await find(uow, stretches, limit + 1)
    shown = found.places[:limit]
    onward = shown[-1] if len(found.places) > limit else found.cut_at
    back = shown[0] if shown else after
    ahead = cursor_of(filters, onward, backward=backward) if onward else None
    behind = cursor_of(filters, back, backward=not backward) if after and back else None
    ids = [place.id for place in shown]
    return Page(ids[::-1], behind, ahead) if backward else Page(ids, ahead, behind)


async def neighbours(uow: UnitOfWork, filters: ScanFilters, row: Any) -> tuple[UUID | None, UUID | None]:
    """The scans before and after one, of which the list's columns are given."""
    place = _place_in(filters, row)
    found: list[UUID | None] = []
    async with repository.fresh_plans(uow):
        for backward in (True, False):
            stretches = await _stretches(uow, filters, place, backward=backward)
            near = (await find(uow, stretches, 1)).places
            found.append(near[0].id if near else None)
    return found[0], found[1]


def _place_in(filters: ScanFilters, row: Any) -> Place:
    measured = getattr(row, filters.measure) if filters.measure else None
    if measured is not None:
        return Place(measured, row.id)
    return Place(row.created_at if filters.by_arrival else row.captured_at, row.id)
