"""The herd list's rows of the speed table, at a hundred thousand animals: the first page, filters down to rare values,
searches and pages deep in the list, for askers from an admin to a farmer with two farms. `tests.load.bench` runs it on
the ground of the lists.

Measured is what the page asks for: fifty animals, what was read of each of them, and the targets; and the list alone
over HTTP.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from backend.core.actor import Actor
from backend.core.database import Database
from backend.core.paging import encode_cursor
from backend.core.settings import Settings
from backend.herd import service
from backend.herd.service import AnimalFilters
from tests.load.lists import Ground, admin_token, clocked, survey
from tests.load.seed import FIRST_TAG
from tests.load.table import BenchRow, at_most, percentile
from tests.load.webhook import PRODUCT, served

PAGE = 50
QUESTIONS, HTTP_QUESTIONS = 400, 300
SQL_MS, WHOLE_MS = 30, 50
DEEP_SHARE = 0.3
ANIMALS = "SELECT count(*) FROM animals WHERE org_id = %s"
KINDS = ("first", "filter", "filters", "search", "deep")
STATUSES = ("active", "sold", "dead", "archived")
SEXES = ("steer", "heifer", "cow", "bull")
Question = tuple[str, Actor, AnimalFilters, str | None]


def questions(ground: Ground, animals: int, number: int) -> Iterator[Question]:
    """What people ask of the list, each kind as often as the others."""
    dice = ground.dice
    for turn in range(number):
        kind, places = KINDS[turn % len(KINDS)], _places(ground)
        status, sex = dice.choice(STATUSES), dice.choice(SEXES)
        wanted: dict[str, Any] = {"status": "active"}
        if kind == "filter":
            wanted = dice.choice([{"status": status}, {**wanted, "sex": sex}, *places])
        elif kind == "filters":
            wanted = {"status": status, "sex": sex, **dice.choice([{}, *places])}
        elif kind == "search":
            tag = str(FIRST_TAG + dice.randrange(animals))
            wanted |= {"q": dice.choice([tag, tag[:3], tag[-4:], f"9840000{tag[-5:]}", "no such tag"])}
        deep = kind == "deep" or (kind != "first" and dice.random() < DEEP_SHARE)
        behind = encode_cursor((str(FIRST_TAG + dice.randrange(animals)), uuid4().hex))
        yield kind, dice.choice(ground.askers), AnimalFilters(**wanted), behind if deep else None


def _places(ground: Ground) -> list[dict[str, Any]]:
    return [{"farm_id": ground.one_value("farm_id")}, {"group_id": ground.one_value("group_id")}]


async def page_ms(database: Database, question: Question) -> tuple[float, float]:
    """Milliseconds in statements, and in all, for one page as it is shown."""
    _, actor, wanted, cursor = question
    started = perf_counter()
    async with database.unit_of_work(actor, read_only=True) as uow:
        with clocked(database) as spent:
            page = await service.list_animals(uow, wanted, cursor=cursor, limit=PAGE)
            await service.follow_animals(uow, [animal.id for animal in page.items])
            await service.read_targets(uow)
    return sum(spent), (perf_counter() - started) * 1000


async def measure(settings: Settings, ground: Ground, animals: int) -> list[tuple[str, float, float]]:
    """Each question's kind, milliseconds in statements, and in all."""
    database = Database(settings.database_url, pool_size=2)
    asked = list(questions(ground, animals, QUESTIONS))
    for question in asked[: len(KINDS)]:
        await page_ms(database, question)
    measured = [(question[0], *await page_ms(database, question)) for question in asked]
    await database.close()
    return measured


async def over_http(url: str, ground: Ground, animals: int, token: str) -> AsyncIterator[float]:
    """Milliseconds from request to answer of the list, one after the other."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        for _, _, wanted, cursor in questions(ground, animals, HTTP_QUESTIONS):
            asked = {name: getattr(wanted, name) for name in ("farm_id", "group_id", "status", "sex", "q")}
            known = {name: str(value) for name, value in {**asked, "cursor": cursor}.items() if value}
            started = perf_counter()
            answer = await client.get("/api/v1/animals", params={**known, "limit": str(PAGE)})
            answer.raise_for_status()
            yield (perf_counter() - started) * 1000


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a database filled by `tests.load.seed`."""
    ground = survey(settings.database_owner_url)
    with psycopg.connect(settings.database_owner_url) as session:
        ((animals,),) = session.execute(ANIMALS, (ground.org_id,)).fetchall()
    measured = asyncio.run(measure(settings, ground, animals))
    token = admin_token(settings.database_owner_url, ground.org_id)

    async def collect(url: str) -> list[float]:
        return [spent async for spent in over_http(url, ground, animals, token)]

    with served(PRODUCT, settings) as url:
        http = asyncio.run(collect(url))
    statements, whole = [spent for _, spent, _ in measured], [spent for _, _, spent in measured]
    slowest = {kind: percentile([spent for one, spent, _ in measured if one == kind], 0.95) for kind in KINDS}
    by_kind = ", ".join(f"{kind} {spent:.1f}" for kind, spent in slowest.items())
    return [
        _row(
            f"herd list of {animals:,}, SQL p95: any filter, any depth",
            statements,
            SQL_MS,
            f"p95 by kind: {by_kind}",
        ),
        _row("herd list, service p95: animals, readings, targets", whole, WHOLE_MS),
        _row("herd list, HTTP p95: any filter, any depth", http, WHOLE_MS),
    ]


def _row(name: str, times: list[float], limit_ms: float, more: str = "") -> BenchRow:
    note = f"median {median(times):.1f} ms, {len(times)} pages of {PAGE}"
    return at_most(name, round(percentile(times, 0.95), 1), limit_ms, "ms", f"{note}; {more}" if more else note)
