"""The map's row of the speed table, at a million scans: windows from a continent down to a barn, with and without
filters, by askers from an admin to a farmer with two farms. `tests.load.bench` runs it on the ground of the lists.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

import psycopg

from backend.core.actor import Actor
from backend.core.database import Database
from backend.core.settings import Settings
from backend.maps import service
from backend.maps.schemas import Box, MapFilters
from tests.load.lists import Ground, clocked, survey
from tests.load.table import BenchRow, at_most, percentile

WINDOWS = 300
WINDOW_MS = 150
WINDOW_PX, TILE_PX = (1440, 800), 256
ZOOMS = range(2, 19)
POINTS = "SELECT ST_X(gps), ST_Y(gps) FROM scans WHERE org_id = %s AND gps IS NOT NULL ORDER BY id LIMIT 5000"
Question = tuple[Actor, Box, int, MapFilters]


def windows(ground: Ground, points: list[tuple[float, float]]) -> Iterator[Question]:
    """Windows over places where something was captured, at every zoom."""
    for number in range(WINDOWS):
        zoom = ZOOMS[number % len(ZOOMS)]
        lon, lat = ground.dice.choice(points)
        wide, high = (360 / 2**zoom * pixels / TILE_PX / 2 for pixels in WINDOW_PX)
        box = max(-180, lon - wide), max(-85, lat - high), min(180, lon + wide), min(85, lat + high)
        yield ground.dice.choice(ground.askers), box, zoom, _filters(ground)


def _filters(ground: Ground) -> MapFilters:
    wanted = ground.dice.choice([{}, {}, {"status": "error"}, {"review": "accepted"}, {"days": 7}, {"days": 90}])
    if "days" in wanted:
        return MapFilters(captured_from=datetime.now(UTC) - timedelta(days=wanted["days"]))
    return MapFilters.model_validate(wanted)


async def window_ms(database: Database, question: Question) -> float:
    """Milliseconds in statements for one window."""
    actor, box, zoom, filters = question
    async with database.unit_of_work(actor, read_only=True) as uow:
        with clocked(database) as spent:
            await service.scans_in(uow, box, zoom, filters)
    return sum(spent)


async def measure(settings: Settings, ground: Ground, points: list[tuple[float, float]]) -> list[float]:
    database = Database(settings.database_url, pool_size=2)
    times = [await window_ms(database, question) for question in windows(ground, points)]
    await database.close()
    return times


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a database filled by `tests.load.seed`."""
    ground = survey(settings.database_owner_url)
    with psycopg.connect(settings.database_owner_url) as session:
        points = session.execute(POINTS, (ground.org_id,)).fetchall()
    times = asyncio.run(measure(settings, ground, points))
    note = f"median {median(times):.1f} ms, longest {max(times):.0f} ms, {len(times)} windows"
    return [at_most("map, SQL p95: any window and filter", round(percentile(times, 0.95), 1), WINDOW_MS, "ms", note)]
