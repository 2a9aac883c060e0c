"""SQL of the scans list: two ways to find a page's keys, and counts.

A *walk* follows indexes in the order of the list and stops after a bound. A *gathering* collects the few rows of a
rare combination whatever their order in time. Which way is taken when is decided in `listing`. Both read the view
`scan_keys`, walled by organisation alone, so that a bound counts every row that is looked at; nothing found here is
shown before it has been read again from `scans`, behind the whole wall.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    MetaData,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, Executable
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.devices.models import Device
from backend.scans.filters import Place

Condition = ColumnElement[bool]
Arm = Select[*tuple[Any, ...]]
"""Rows of (id, instant or measure, passes every filter)."""

TEXTS = (
    "status",
    "review",
    "kind",
    "label",
    "graded_by",
    "certainty",
    "clarity",
    "usability",
    "agreement",
    "capture_id",
)
NUMBERS = ("rea_cm2", "backfat_mm", "confidence")
IDS = ("id", "org_id", "farm_id", "device_id", "group_id", "animal_id", "operator_id")
CLOCKS = ("captured_at", "created_at")
KEYS = Table(
    "scan_keys",
    MetaData(),
    *(Column(name, Uuid()) for name in IDS),
    *(Column(name, Text()) for name in TEXTS),
    *(Column(name, Numeric()) for name in NUMBERS),
    *(Column(name, DateTime(timezone=True)) for name in CLOCKS),
)
KEY = KEYS.c

# While keys are looked for the planner must see the values: how common they are decides the way. Two cores gain
# nothing from its helpers.
FRESH_PLANS = text(
    "SELECT set_config('plan_cache_mode', :mode, true), set_config('max_parallel_workers_per_gather', '0', true)"
)
BITMAPS_ONLY = text(
    "SELECT set_config('enable_seqscan', :on, true), set_config('enable_indexscan', :on, true),"
    " set_config('enable_indexonlyscan', :on, true)"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of which order is asked for: rows of `org_id` after `after`, seen in walking direction.

    `by` is the column that orders them; where it is a measure, only rows that have it are in the stretch.
    """

    org_id: UUID
    by: str
    descending: bool
    after: Place | None
    since: datetime | None
    until: datetime | None

    @property
    def by_capture(self) -> bool:
        return self.by == "captured_at"

    @property
    def key(self) -> Column[Any]:
        return KEY[self.by]

    def order(self, at: Any, key: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        return (at.desc(), key.desc()) if self.descending else (at.asc(), key.asc())

    def dates(self) -> list[Condition]:
        """When the device made the capture; where the list is in another order, a filter like any other."""
        found: list[Condition] = []
        if self.since is not None:
            found.append(KEY.captured_at >= self.since)
        if self.until is not None:
            found.append(KEY.captured_at < self.until)
        return found

    def conditions(self) -> list[Condition]:
        """What bounds a walk in its index: organisation, dates, and where the last page ended."""
        found: list[Condition] = [KEY.org_id == self.org_id]
        nearest = self._with_one_beginning() if self.by_capture else self
        found += nearest.dates() if self.by_capture else []
        found += [self.key.is_not(None)] if self.by in NUMBERS else []
        if nearest.after is not None:
            here, there = tuple_(self.key, KEY.id), tuple_(literal(nearest.after.at), literal(nearest.after.id))
            found.append(here < there if self.descending else here > there)
        return found

    def _with_one_beginning(self) -> Self:
        """The later of two places where the walk could begin: given both, the server may choose the other one."""
        if self.after is None or not isinstance(self.after.at, datetime):
            return self
        if self.descending and self.until is not None:
            return replace(self, after=None) if self.after.at >= self.until else replace(self, until=None)
        if not self.descending and self.since is not None:
            return replace(self, after=None) if self.after.at < self.since else replace(self, since=None)
        return self


@dataclass(frozen=True, slots=True)
class Found:
    """Keys in walking order. `cut_at` is how far the walk came when its bound stopped it; None: it saw everything.

    `rare`: a walk met so few that they were gathered.
    """

    places: list[Place]
    cut_at: Place | None = None
    rare: bool = False


@asynccontextmanager
async def fresh_plans(uow: UnitOfWork) -> AsyncIterator[None]:
    """Have every statement of the block planned for its own values."""
    await uow.session.execute(FRESH_PLANS, {"mode": "force_custom_plan"})
    yield
    await uow.session.execute(FRESH_PLANS, {"mode": "auto"})


@asynccontextmanager
async def bitmaps_only(uow: UnitOfWork) -> AsyncIterator[None]:
    """Keep the statements of the block from following an index row by row.

    An index of the order, or of one filter, promises an early end that a rare combination does not keep.
    """
    await uow.session.execute(BITMAPS_ONLY, {"on": "off"})
    yield
    await uow.session.execute(BITMAPS_ONLY, {"on": "on"})


async def walk(
    uow: UnitOfWork, stretch: Stretch, lanes: Sequence[Condition], wanted: Condition | None, bound: int, limit: int
) -> Found:
    """Up to `limit` keys along the indexes of the lanes, merged as they are read.

    Where rows have to be tested (`wanted`), the walk ends after `bound` of them.
    """
    if not lanes:
        return Found([])
    seen = _tested(stretch, lanes, wanted, bound, limit * min(2, len(lanes))).cte("seen")
    order = stretch.order(seen.c.at, seen.c.id)
    # A row may lie on two lanes: a capture of one's own, on a farm of one's own.
    hits = select(seen.c.id, seen.c.at, literal(value=False).label("last")).where(seen.c.hit).distinct()
    cut = select(seen.c.id, seen.c.at, literal(value=True).label("last")).where(seen.c.last)
    parts = (hits.order_by(*order).limit(limit).subquery("hits"), cut.subquery("cut"))
    rows = (await uow.session.execute(union_all(*(select(part) for part in parts)))).all()
    places = [Place(at, key) for key, at, last in rows if not last]
    return Found(places, next((Place(at, key) for key, at, last in rows if last), None))


def _tested(
    stretch: Stretch, lanes: Sequence[Condition], wanted: Condition | None, bound: int, limit: int
) -> Select[*tuple[Any, ...]]:
    """Rows of (id, at, hit, last): hits in order, and the last row looked at when the bound cuts the walk.

    Each lane promises its index's order and an end, so that the server merges several of them row by row.
    """
    rows = _merged(stretch, lanes, wanted, limit if wanted is None else bound).subquery("rows")
    order = stretch.order(rows.c.at, rows.c.id)
    if wanted is None:
        return select(rows, literal(value=False).label("last")).order_by(*order).limit(limit)
    number = func.row_number().over(order_by=order)
    counted = select(rows, (number == bound).label("last")).order_by(*order).limit(bound).subquery("counted")
    return select(counted).where(or_(counted.c.hit, counted.c.last)).limit(limit)


def _merged(stretch: Stretch, lanes: Sequence[Condition], wanted: Condition | None, most: int) -> Any:
    """Rows of (id, at, hit) of every lane, up to `most` of each."""
    hit = (literal(value=True) if wanted is None else wanted).label("hit")
    rows = select(KEY.id, stretch.key.label("at"), hit).where(*stretch.conditions())
    rows = rows.order_by(*stretch.order(stretch.key, KEY.id)).limit(most)
    each = [rows.where(lane) for lane in lanes]
    return union_all(*(select(one.subquery()) for one in each)) if len(each) > 1 else each[0]


async def count(
    uow: UnitOfWork, stretch: Stretch, lanes: Sequence[Condition], wanted: Condition | None, bound: int
) -> tuple[int, bool]:
    """How many hits lie among the first `bound` rows of each lane, and whether that is all there are."""
    if not lanes:
        return 0, True
    rows = _merged(stretch, lanes, wanted, bound).subquery("rows")
    hits = func.count(rows.c.id.distinct()).filter(rows.c.hit)
    n, seen = (await uow.session.execute(select(hits, func.count()).select_from(rows))).one()
    return n, seen < bound


class _Explained(Executable, ClauseElement):
    """A statement whose plan is asked for, not its rows."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained)
def _explain(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


async def estimate(uow: UnitOfWork, stretch: Stretch, wanted: Condition) -> int:
    """About how many scans there are, as the planner sees it; nothing is counted."""
    rows = select(KEY.id).where(*stretch.conditions(), wanted)
    (plan,) = (await uow.session.execute(_Explained(rows))).scalar_one()
    return int(plan["Plan"]["Plan Rows"])


def _array(ids: Sequence[UUID]) -> ColumnElement[Any]:
    return cast(list(ids), ARRAY(Uuid()))


def among(column: Column[Any], ids: Sequence[UUID]) -> Condition:
    """The column holds one of the ids, however many: one parameter, hashed by the server."""
    found: Condition = column == any_(_array(ids))
    return found


def arm(stretch: Stretch, wanted: Condition, *conditions: Condition, most: int) -> Arm:
    """A source of `gather`: scans that satisfy conditions an index can answer, and whether they are wanted."""
    keep = _all(*stretch.conditions(), wanted).label("keep")
    rows = select(KEY.id, stretch.key.label("at"), keep).where(KEY.org_id == stretch.org_id, *conditions)
    return rows.limit(most + 1)


def _all(first: Condition, *others: Condition) -> Condition:
    for other in others:
        first &= other
    return first


def arm_of_search(stretch: Stretch, wanted: Condition, words: str, *, most: int) -> Arm:
    """Scans with `words` in the middle of their capture id or label."""
    ids = func.find_scans(stretch.org_id, words, most + 1).table_valued("id").render_derived("found")
    return arm(stretch, wanted, KEY.id.in_(select(ids.c.id)), most=most)


async def gather(uow: UnitOfWork, stretch: Stretch, arms: Sequence[Arm], *, most: int, limit: int) -> Found | None:
    """Up to `limit` keys out of everything the arms find, or None when that is more than `most` rows."""
    few = _together(arms).limit(most + 1).cte("few")
    page = select(few.c.id, few.c.at).where(few.c.keep).order_by(*stretch.order(few.c.at, few.c.id)).limit(limit)
    total, rows = select(func.count().label("n")).select_from(few).subquery("total"), page.subquery("page")
    statement = select(total.c.n, rows.c.id, rows.c.at).select_from(total.outerjoin(rows, true()))
    found = (await uow.session.execute(statement)).all()
    if found[0][0] > most:
        return None
    return Found([Place(at, key) for _, key, at in found if key is not None], rare=True)


def _together(arms: Sequence[Arm]) -> Arm:
    each = [select(one.subquery()) for one in arms]
    return select((union(*each) if len(each) > 1 else each[0]).subquery())


async def count_gathered(uow: UnitOfWork, arms: Sequence[Arm], *, most: int) -> int | None:
    """How many wanted rows the arms find, or None when they find more than `most` rows."""
    few = _together(arms).limit(most + 1).subquery("few")
    statement = select(func.count().filter(few.c.keep), func.count()).select_from(few)
    n, seen = (await uow.session.execute(statement)).one()
    return None if seen > most else int(n)


async def begins_capture(uow: UnitOfWork, org_id: UUID, words: str) -> bool:
    """Tell whether a capture id of the organisation begins with `words`."""
    begins = KEY.capture_id.op("^@", is_comparison=True)(words)
    found = await uow.session.scalar(select(literal(1)).select_from(KEYS).where(KEY.org_id == org_id, begins).limit(1))
    return found is not None


async def animals_called(uow: UnitOfWork, org_id: UUID, words: str, most: int) -> list[UUID]:
    """Animals with `words` in their tag or RFID."""
    found = await uow.session.execute(select(func.find_animals(org_id, words, most).table_valued("id").c.id))
    return list(found.scalars())


async def devices_called(uow: UnitOfWork, org_id: UUID, words: str, most: int) -> tuple[list[UUID], int]:
    """Devices with `words` in their code or name, and how many captures they have sent."""
    either = or_(
        col(Device.device_code).icontains(words, autoescape=True), col(Device.label).icontains(words, autoescape=True)
    )
    columns = select(col(Device.id), col(Device.captures_count)).where(col(Device.org_id) == org_id, either)
    found = (await uow.session.execute(columns.limit(most))).all()
    return [device_id for device_id, _ in found], sum(captures for _, captures in found)


async def scans_to_search(uow: UnitOfWork, words: str) -> int:
    """About how many scans a search for the middle of a text looks at, from the server's statistics."""
    found: int | None = await uow.session.scalar(select(func.scans_to_search(words)))
    return found or 0


async def scans_holding(uow: UnitOfWork, values: Mapping[str, str | UUID]) -> int:
    """About how many scans hold the rarest of some values, by column; 0 where one is not among the common ones."""
    each = [func.scans_holding(name, str(value)) for name, value in values.items()]
    found: int | None = await uow.session.scalar(select(func.least(*each)))
    return found or 0


async def most_scans_holding(uow: UnitOfWork, values: Sequence[tuple[str, UUID]]) -> int:
    """About how many scans hold the commonest of some (column, value) pairs."""
    each = [func.scans_holding(name, str(value)) for name, value in values]
    found: int | None = await uow.session.scalar(select(func.greatest(*each)))
    return found or 0
