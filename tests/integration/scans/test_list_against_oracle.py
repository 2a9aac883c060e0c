"""The list against a plain reading of its rules: every filter, order and asker, page by page in both directions.

The bounds of the walks are set so low that a few hundred scans take every way through the list.
"""

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.scans import listing, questions, service
from backend.scans.filters import MIDDLE_CHARS, ScanFilters, Sort
from tests.support.people import Tenant
from tests.support.scan_factory import FIRST, ScanFactory

SCANS = 240
STATUSES = ("graded", "graded", "graded", "graded", "ingested", "error")
REVIEWS = ("accepted", "accepted", "unreviewed", "rejected")
KINDS = ("ribeye_ultrasound",) * 8 + ("clip",)
LABELS = (None, None, "Session one", "session_2", "50%", "back\\slash")
GRADERS = (None, "ribeye@1.0.0", "ribeye@0.9.0")
LEVELS = (None, "good", "good", "bad")
AREAS = (None, 70.5, 80.0, 80.0, 91.25)
CLAIMS = (None, {"ribeye_area_cm2": 80.5}, {"ribeye_area_cm2": 90, "backfat_mm": 9}, {"ribeye_area_cm2": None})
CERTAINTIES = (None, "high", "high", "low", "abstained")
WORDS = ("cap_", "cap_0", "001", "41", "4101", "0210", "dev", "Chute B", "chute", "sess", "Ses", "ion_2", "%", "0%")
WORDS += ("_", "\\s", "zzz", "nothing", "98500", "cap_zzz")
BOUNDS = {"SHORT_ENTRIES": 12, "LONG_ENTRIES": 40, "SHORT_TEXTS": 9, "LONG_TEXTS": 25, "SHORT_ROWS": 7}
BOUNDS |= {"LONG_ROWS": 20, "LANES_MOST": 2}
GATHERING = {"GATHER_ROWS": 6, "FARM_ARMS": 1, "SET_MOST": 40}


@dataclass
class World:
    """What was made, as plain values."""

    rows: list[dict[str, Any]]
    devices: dict[UUID, dict[str, Any]]
    animals: dict[UUID, dict[str, Any]]
    groups: list[UUID]
    actors: dict[str, Actor]

    def expected(self, actor: Actor, filters: ScanFilters) -> list[UUID]:
        wanted = [row for row in self.rows if self.sees(actor, row) and self.fits(actor, row, filters)]
        if filters.measure is not None:
            measured = [row for row in wanted if row[filters.measure] is not None]
            rest = [row for row in wanted if row[filters.measure] is None]
            return [
                *ordered(measured, filters.measure, descending=filters.descending),
                *ordered(rest, "captured_at", descending=True),
            ]
        return ordered(wanted, "created_at" if filters.by_arrival else "captured_at", descending=filters.descending)

    def sees(self, actor: Actor, row: dict[str, Any]) -> bool:
        if actor.role == "farmer" and row["review"] != "accepted":
            return False
        mine = actor.role != "farmer" and row["operator_id"] == actor.user_id
        return actor.may_see_farm(row["farm_id"]) or mine

    def fits(self, actor: Actor, row: dict[str, Any], filters: ScanFilters) -> bool:
        known = {**row, "agreement": agreement_of(row)}
        if any(known[name] != value for name, value in filters.equalities.items()):
            return False
        for name, (least, most) in filters.ranges.items():
            if row[name] is None or row[name] < (least or 0) or (most is not None and row[name] > most):
                return False
        if filters.captured_from is not None and row["captured_at"] < filters.captured_from:
            return False
        if filters.captured_to is not None and row["captured_at"] >= filters.captured_to:
            return False
        return filters.q is None or self.says(actor, row, filters.q)

    def says(self, actor: Actor, row: dict[str, Any], q: str) -> bool:
        texts = [row["capture_id"], row["label"] or ""]
        begins = any(other["capture_id"].startswith(q) for other in self.rows)
        if len(q) >= MIDDLE_CHARS and not begins:
            found = any(q.lower() in text.lower() for text in texts)
        else:
            found = any(text.startswith(q) for text in texts)
        return found or self.device_is_called(actor, row, q) or self.animal_is_called(actor, row, q)

    def device_is_called(self, actor: Actor, row: dict[str, Any], q: str) -> bool:
        device = self.devices[row["device_id"]]
        texts = (device["code"], device["label"])
        return actor.may_see_farm(device["farm_id"]) and any(q.lower() in text.lower() for text in texts)

    def animal_is_called(self, actor: Actor, row: dict[str, Any], q: str) -> bool:
        animal = self.animals.get(row["animal_id"])
        if animal is None or not actor.may_see_farm(animal["farm_id"]):
            return False
        if len(q) < MIDDLE_CHARS:
            return bool(animal["tag"].startswith(q))
        return q.lower() in animal["tag"].lower() or q.lower() in animal["rfid"].lower()


def ordered(rows: list[dict[str, Any]], by: str, *, descending: bool) -> list[UUID]:
    return [row["id"] for row in sorted(rows, key=lambda row: (row[by], row["id"]), reverse=descending)]


def agreement_of(row: dict[str, Any]) -> str | None:
    """Whether what the device claims lies close to what counts."""
    claims = row["device_grading"] or {}
    pairs = (("ribeye_area_cm2", "rea_cm2", 3.23), ("backfat_mm", "backfat_mm", 1.27))
    apart = [(abs(claims[claim] - row[ours]), most) for claim, ours, most in pairs if claims.get(claim) and row[ours]]
    if not apart:
        return None
    return "differs" if any(distance > most for distance, most in apart) else "agrees"


@pytest.fixture
async def world(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory, other: Tenant, other_scans: ScanFactory
) -> World:
    """Scans with many equal instants, some on no farm, some a person's own, beside another organisation's."""
    dice = random.Random(11)
    farms = [*acme.farm_ids, None]
    devices = {}
    for code, label, farm_id in (("dev-a", "Chute A", farms[0]), ("dev-b", "Chute B", farms[1]), ("x-1", "", None)):
        key = await acme_scans.device(code, label=label, farm_id=farm_id)
        devices[key] = {"code": code, "label": label, "farm_id": farm_id}
    groups = [await acme_scans.group(f"Pen {number}", acme.farm_ids[number % 2]) for number in range(3)]
    animals = {}
    for number in range(6):
        tag, rfid, farm_id = f"41{number:02}", f"98500{number:04}", acme.farm_ids[number % 2]
        animals[await acme_scans.animal(tag, farm_id, rfid=rfid)] = {"tag": tag, "rfid": rfid, "farm_id": farm_id}
    await acme_scans.scans(
        [
            {
                "farm_id": dice.choice(farms),
                "device_id": dice.choice([*devices]),
                "group_id": dice.choice([*groups, None]),
                "animal_id": dice.choice([*animals, None, None]),
                "operator_id": dice.choice([None, None, acme.technician.id, acme.farmer.id]),
                "status": dice.choice(STATUSES),
                "review": dice.choice(REVIEWS),
                "kind": dice.choice(KINDS),
                "label": dice.choice(LABELS),
                "graded_by": dice.choice(GRADERS),
                "certainty": dice.choice(CERTAINTIES),
                "clarity": dice.choice(LEVELS),
                "usability": dice.choice(LEVELS),
                "rea_cm2": dice.choice(AREAS),
                "backfat_mm": dice.choice((None, 8.0, 12.5)),
                "confidence": dice.choice((None, 0.4, 0.75, 0.9)),
                "device_grading": dice.choice(CLAIMS),
                "captured_at": FIRST + timedelta(hours=dice.randrange(60)),
                "created_at": FIRST + timedelta(hours=dice.randrange(60)),
            }
            for _ in range(SCANS)
        ]
    )
    await other_scans.scans([{"review": "accepted", "farm_id": other.farm_ids[0]} for _ in range(5)])
    actors = {role: await person.actor() for role, person in acme.people.items()}
    technician, farmer = actors["technician"], actors["farmer"]
    actors["wide technician"] = replace_farms(technician, acme.farm_ids)
    actors["technician without farms"] = replace_farms(technician, [])
    actors["farmer of everything"] = replace_farms(farmer, None)
    return World(acme_scans.made, devices, animals, groups, actors)


def replace_farms(actor: Actor, farms: list[UUID] | None) -> Actor:
    scope = None if farms is None else frozenset(farms)
    return Actor(actor.role, actor.org_id, actor.user_id, scope)


@st.composite
def filters_of(draw: st.DrawFn, world: World) -> ScanFilters:
    """Any filters, most of them none or one or two."""
    choices: dict[str, list[Any]] = {
        "status": ["graded", "ingested", "error", "uploaded"],
        "review": ["accepted", "unreviewed", "rejected", "marginal"],
        "farm_id": [row["farm_id"] for row in world.rows if row["farm_id"]],
        "group_id": world.groups,
        "animal_id": [*world.animals],
        "device_id": [*world.devices],
        "kind": ["ribeye_ultrasound", "clip", "nothing"],
        "label": ["Session one", "session_2", "50%", "nothing"],
        "graded_by": ["ribeye@1.0.0", "ribeye@0.9.0", "nobody"],
        "certainty": ["high", "low", "abstained", "person"],
        "operator_id": [actor.user_id for actor in world.actors.values()],
        "clarity": ["good", "medium", "bad"],
        "usability": ["good", "bad"],
        "agreement": ["agrees", "differs"],
        "rea_cm2_min": [70.5, 75, 90],
        "rea_cm2_max": [91.25, 95, 300],
        "backfat_mm_max": [8, 10],
        "confidence_min": [0.4, 0.5, 0.9],
        "q": [*WORDS],
        "captured_from": [FIRST + timedelta(hours=hours) for hours in (0, 10, 30, 59)],
        "captured_to": [FIRST + timedelta(hours=hours) for hours in (60, 100)],
        "sort": [*get_args(Sort)],
    }
    names = draw(st.lists(st.sampled_from([*choices]), max_size=3, unique=True))
    return ScanFilters(**{name: draw(st.sampled_from(choices[name])) for name in names})


Pager = Callable[[str | None], Awaitable[Any]]


async def all_forward(page: Pager) -> list[Any]:
    """Every page from the first on."""
    pages = [await page(None)]
    while pages[-1].next_cursor is not None:
        pages.append(await page(pages[-1].next_cursor))
    return pages


async def all_backward(page: Pager, cursor: str | None) -> list[UUID]:
    """Every id before the page that gave `cursor`."""
    found: list[UUID] = []
    while cursor is not None:
        answer = await page(cursor)
        found = answer.items + found
        cursor = answer.prev_cursor
    return found


@contextmanager
def bounds(data: st.DataObject) -> Iterator[None]:
    """The real bounds, or such narrow ones that every step of the search is taken."""
    with pytest.MonkeyPatch.context() as patch:
        if data.draw(st.booleans(), label="narrow bounds"):
            for name, value in BOUNDS.items():
                patch.setattr(listing, name, value)
            for name, value in GATHERING.items():
                patch.setattr(questions, name, value)
            patch.setattr(service, "COUNT_MOST", 30)
        yield


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_in_both_directions_are_one_sorted_list(
    runtime: Runtime, world: World, data: st.DataObject
) -> None:
    filters = data.draw(filters_of(world), label="filters")
    actor = world.actors[data.draw(st.sampled_from([*world.actors]), label="actor")]
    if filters.by_arrival and not actor.sees_every_farm:
        filters = filters.model_copy(update={"sort": "-captured_at"})
    limit = data.draw(st.sampled_from([6, 25, 100]), label="limit")

    async def page(cursor: str | None) -> Any:
        async with runtime.database.unit_of_work(actor, read_only=True) as uow:
            found = await listing.page(uow, filters, cursor, limit)
        assert len(found.items) <= limit
        return found

    with bounds(data):
        pages = await all_forward(page)
        back = await all_backward(page, pages[-1].prev_cursor)
    expected = world.expected(actor, filters)
    assert [key for one in pages for key in one.items] == expected
    if pages[-1].items:
        assert back == expected[: len(expected) - len(pages[-1].items)]
    else:
        assert set(back) <= set(expected)


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_counts_are_right_or_say_that_there_are_more(runtime: Runtime, world: World, data: st.DataObject) -> None:
    filters = data.draw(filters_of(world), label="filters").model_copy(update={"sort": "-captured_at"})
    actor = world.actors[data.draw(st.sampled_from([*world.actors]), label="actor")]
    with bounds(data):
        async with runtime.database.unit_of_work(actor, read_only=True) as uow:
            counted = await service.count_scans(uow, filters)
    expected = len(world.expected(actor, filters))
    assert counted.n <= expected if counted.more else counted.n == expected


async def test_what_the_list_shows_are_these_rows(runtime: Runtime, world: World) -> None:
    for actor in world.actors.values():
        async with runtime.database.unit_of_work(actor, read_only=True) as uow:
            shown = await service.list_scans(uow, ScanFilters(), limit=100)
        assert [row.id for row in shown.items] == world.expected(actor, ScanFilters())[:100]
