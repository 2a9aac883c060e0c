"""The list's rows of the speed table, at a million scans: one filter at any depth, combinations with rare values,
searches, and the page over HTTP. `tests.load.bench` runs it.

Filters are drawn from what the database holds, from the commonest value of a column to the rarest and to one that does
not occur; places in the list at random over all three years; askers from an admin to a farmer with two farms. Measured
is the time in statements for one page, keys and rows together.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from sqlalchemy import event

from backend.core.actor import Actor
from backend.core.database import Database
from backend.core.security import new_token, token_sha256
from backend.core.settings import Settings
from backend.scans import listing, repository
from backend.scans.filters import Place, ScanFilters, cursor_of
from tests.load.seed import YEARS
from tests.load.table import BenchRow, at_most, percentile
from tests.load.webhook import PRODUCT, served

PAGE = 50
PAGES = {"single": 600, "combined": 600, "ordered": 300, "searches": 300, "http": 300}
ONE_FILTER_MS, COMBINED_MS, HTTP_MS = 10, 30, 50
COLUMNS = (
    "status",
    "review",
    "kind",
    "label",
    "graded_by",
    "certainty",
    "device_id",
    "farm_id",
    "group_id",
    "animal_id",
    "operator_id",
    "clarity",
    "usability",
    "agreement",
)
ORDERS: list[Any] = ["-rea_cm2", "rea_cm2", "-backfat_mm", "backfat_mm", "-confidence", "confidence"]
REACH = {"rea_cm2": (80, 100), "backfat_mm": (9, 11), "confidence": (0.2, 1)}
"""From where to where a measure lies."""
NOWHERE: dict[str, Any] = {"kind": "thermal", "label": "never given", "graded_by": "nobody@0.0.1"}
BY_FREQUENCY = "SELECT {0} FROM scans WHERE org_id = %s AND {0} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"


@dataclass
class Ground:
    """What there is to ask for."""

    org_id: UUID
    values: dict[str, list[Any]]
    askers: list[Actor]
    captures: list[str]
    dice: random.Random = field(default_factory=lambda: random.Random(5))

    def one_value(self, column: str) -> Any:
        """The commonest value of a column, the rarest, one between, or one that does not occur."""
        known = self.values[column]
        return self.dice.choice([known[0], known[-1], self.dice.choice(known), NOWHERE.get(column, known[-1])])

    def place(self) -> Place | None:
        """The beginning of the list, or anywhere in it."""
        if self.dice.random() < 0.3:
            return None
        return Place(datetime.now(UTC) - timedelta(days=self.dice.random() * YEARS * 365), uuid4())

    def measured_place(self, filters: ScanFilters) -> Place | None:
        """The beginning of a list ordered by a measure, anywhere in it, or among those at its end that have none."""
        if filters.measure is None or self.dice.random() < 0.3:
            return None
        if self.dice.random() < 0.2:
            return self.place()
        least, most = REACH[filters.measure]
        return Place(Decimal(f"{self.dice.uniform(least, most):.3f}"), uuid4())

    def dates(self) -> dict[str, Any]:
        start = datetime.now(UTC) - timedelta(days=self.dice.random() * YEARS * 365)
        return {"captured_from": start, "captured_to": start + timedelta(days=self.dice.choice([1, 7, 90]))}

    def words(self) -> str:
        capture = self.dice.choice(self.captures)
        begin = self.dice.randrange(len(capture) - 4)
        tag = str(self.dice.randrange(10_000, 50_000))
        parts = (capture, capture[:9], capture[-4:], capture[begin : begin + 5], tag, tag[:3], f"9840000{tag}")
        return self.dice.choice([*parts, "dev-0003", "Chute 12", "session-01", "second-opinion", "no such words"])


def survey(owner_url: str) -> Ground:
    """Look at the largest organisation of a seeded database."""
    with psycopg.connect(owner_url) as session:
        (org_id,) = _column(session, "SELECT org_id FROM devices GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        values = {name: _column(session, BY_FREQUENCY.format(name), org_id) for name in COLUMNS}
        people = _column(session, BY_FREQUENCY.format("operator_id"), org_id)
        captures = _column(session, "SELECT capture_id FROM scans WHERE org_id = %s ORDER BY id LIMIT 2000", org_id)
    return Ground(org_id, values, _askers(org_id, people, values["farm_id"]), captures)


def _column(session: psycopg.Connection, query: Any, *values: object) -> list[Any]:
    return [row[0] for row in session.execute(query, values).fetchall()]


def _askers(org_id: UUID, people: list[UUID], farms: list[UUID]) -> list[Actor]:
    """An admin, technicians of small farms, large farms and most farms, a farmer."""
    scopes = [farms[-2:], farms[:3], farms[3:9], farms[:40]]
    technicians = [
        Actor("technician", org_id, who, frozenset(scope)) for who, scope in zip(people, scopes, strict=False)
    ]
    return [
        Actor("admin", org_id, people[0], None),
        *technicians,
        Actor("farmer", org_id, people[4], frozenset(farms[4:6])),
    ]


@contextmanager
def clocked(database: Database) -> Iterator[list[float]]:
    """Milliseconds of each statement sent meanwhile."""
    spent: list[float] = []
    started: list[float] = []

    def before(*_: Any) -> None:
        started.append(perf_counter())

    def after(*_: Any) -> None:
        spent.append((perf_counter() - started.pop()) * 1000)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield spent
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


async def page_ms(database: Database, actor: Actor, filters: ScanFilters, place: Place | None) -> tuple[float, bool]:
    """Milliseconds in statements for one page, and whether it is whole: full, or all there is."""
    cursor = None if place is None else cursor_of(filters, place, backward=False)
    async with database.unit_of_work(actor, read_only=True) as uow:
        with clocked(database) as spent:
            found = await listing.page(uow, filters, cursor, PAGE)
            rows = await repository.rows(uow, actor.org_id or UUID(int=0), found.items)
    whole = len(rows) == PAGE or found.next_cursor is None
    return sum(spent), whole


def single(ground: Ground) -> Iterator[tuple[Actor, ScanFilters, Place | None]]:
    """One filter, or none, asked by one who sees every farm; or one farm of a person's own."""
    admin, technician = ground.askers[0], ground.askers[2]
    for _ in range(PAGES["single"]):
        column = ground.dice.choice([*COLUMNS, "farm_id", "none", "dates", "sort"])
        if column == "none":
            yield ground.dice.choice(ground.askers), ScanFilters(), ground.place()
        elif column == "dates":
            yield admin, ScanFilters(**ground.dates()), ground.place()
        elif column == "sort":
            yield (
                admin,
                ScanFilters(sort=ground.dice.choice(["captured_at", "-created_at", "created_at"])),
                ground.place(),
            )
        elif column == "farm_id" and technician.farm_ids:
            farm_id = ground.dice.choice(sorted(technician.farm_ids))
            yield technician, ScanFilters(farm_id=farm_id), ground.place()
        else:
            yield admin, ScanFilters(**{column: ground.one_value(column)}), ground.place()


def combined(ground: Ground) -> Iterator[tuple[Actor, ScanFilters, Place | None]]:
    """Two or three filters, some with dates; and one filter within a person's own farms."""
    for _ in range(PAGES["combined"]):
        asker = ground.dice.choice(ground.askers)
        least = 2 if asker.sees_every_farm else 1
        columns = ground.dice.sample(COLUMNS, ground.dice.randint(least, 3))
        wanted = {column: ground.one_value(column) for column in columns}
        wanted |= {"rea_cm2_min": ground.dice.choice([60, 80, 120])} if ground.dice.random() < 0.15 else {}
        dates = ground.dates() if ground.dice.random() < 0.2 else {}
        yield asker, ScanFilters(**wanted, **dates), ground.place()


def ordered(ground: Ground) -> Iterator[tuple[Actor, ScanFilters, Place | None]]:
    """The order of a measure, either way, from its first scan to those that have none."""
    for _ in range(PAGES["ordered"]):
        filters = ScanFilters(sort=ground.dice.choice(ORDERS))
        yield ground.askers[0], filters, ground.measured_place(filters)


def narrowed_and_ordered(ground: Ground) -> Iterator[tuple[Actor, ScanFilters, Place | None]]:
    """The same within a person's own farms, or within one or two filters."""
    for _ in range(PAGES["ordered"]):
        asker = ground.dice.choice(ground.askers)
        columns = ground.dice.sample(COLUMNS, ground.dice.randint(1 if asker.sees_every_farm else 0, 2))
        wanted = {column: ground.one_value(column) for column in columns}
        filters = ScanFilters(sort=ground.dice.choice(ORDERS), **wanted)
        yield asker, filters, ground.measured_place(filters)


def searches(ground: Ground) -> Iterator[tuple[Actor, ScanFilters, Place | None]]:
    """Words of every kind, sometimes with a filter."""
    for _ in range(PAGES["searches"]):
        column = ground.dice.choice([None, None, *COLUMNS])
        wanted = {} if column is None else {column: ground.one_value(column)}
        yield ground.dice.choice(ground.askers), ScanFilters(q=ground.words(), **wanted), ground.place()


async def measure(settings: Settings, ground: Ground) -> list[BenchRow]:
    """The rows that need no web process."""
    database = Database(settings.database_url, pool_size=2)
    rows = []
    for name, questions, limit_ms in (
        ("one filter, any depth", single(ground), ONE_FILTER_MS),
        ("combined filters, rare values and own farms included", combined(ground), COMBINED_MS),
        ("ordered by a measure, any depth", ordered(ground), ONE_FILTER_MS),
        ("ordered by a measure within filters and own farms", narrowed_and_ordered(ground), COMBINED_MS),
        ("searches", searches(ground), COMBINED_MS),
    ):
        results = [await page_ms(database, *question) for question in questions]
        times = [spent for spent, _ in results]
        short = sum(not whole for _, whole in results) / len(results)
        note = f"median {median(times):.1f} ms, {len(times)} pages; {short:.1%} short with a cursor"
        rows.append(at_most(f"scans list, SQL p95: {name}", round(percentile(times, 0.95), 1), limit_ms, "ms", note))
    await database.close()
    return rows


async def over_http(url: str, ground: Ground, token: str) -> AsyncIterator[float]:
    """Milliseconds from request to answer, one after the other."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        for turn, (_, filters, place) in enumerate(single(ground)):
            if turn == PAGES["http"]:
                return
            asked = filters.model_dump(mode="json", exclude_none=True)
            cursor = {} if place is None else {"cursor": cursor_of(filters, place, backward=False)}
            started = perf_counter()
            answer = await client.get("/api/v1/scans", params={**asked, **cursor, "limit": PAGE})
            answer.raise_for_status()
            yield (perf_counter() - started) * 1000


def admin_token(owner_url: str, org_id: UUID) -> str:
    """A token of the organisation's admin, as the token page would make it."""
    token = new_token("cti_pat_")
    with psycopg.connect(owner_url) as session:
        session.execute(
            "INSERT INTO api_tokens (id, org_id, user_id, name, token_sha256, prefix, scopes)"
            " SELECT gen_random_uuid(), org_id, user_id, 'bench', %s, 'cti_pat_', '{read}'"
            " FROM memberships WHERE org_id = %s AND role = 'admin' LIMIT 1",
            (token_sha256(token), org_id),
        )
    return token


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a database filled by `tests.load.seed`. Takes about a minute."""
    ground = survey(settings.database_owner_url)
    rows = asyncio.run(measure(settings, ground))
    token = admin_token(settings.database_owner_url, ground.org_id)

    async def collect(url: str) -> list[float]:
        return [spent async for spent in over_http(url, ground, token)]

    with served(PRODUCT, settings) as url:
        times = asyncio.run(collect(url))
    note = f"median {median(times):.1f} ms, {len(times)} requests of {PAGE} rows, one after the other"
    rows.append(
        at_most("scans list, HTTP p95: one filter, any depth", round(percentile(times, 0.95), 1), HTTP_MS, "ms", note)
    )
    return rows
