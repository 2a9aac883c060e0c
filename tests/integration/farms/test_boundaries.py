"""Boundaries before they are stored, and what storing one leads to: scans put into the farm, and taken out again."""

import math
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, shape
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.context import request_context
from backend.core.runtime import Runtime
from backend.farms import boundaries
from backend.farms import service as farms
from backend.tasks import service as tasks
from jobs import runners  # noqa: F401 (registers the kinds)
from jobs.background import look_at_task
from jobs.bench import Bench
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem
from tests.support.scan_factory import ScanFactory

URL = "/api/v1/farms"
WEST, SOUTH, SIDE = -113.6, 53.4, 0.01
METRE_LAT = 1 / 111_280
FREE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def square(west: float = WEST, south: float = SOUTH, side: float = SIDE) -> dict[str, Any]:
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    return {"type": "Polygon", "coordinates": [[[round(lon, 7), round(lat, 7)] for lon, lat in corners]]}


def at(lon: float, lat: float) -> str:
    return f"SRID=4326;POINT({lon} {lat})"


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


@pytest.fixture
async def scans(runtime: Runtime, acme: Tenant) -> ScanFactory:
    """Three scans of no farm inside the square, two just outside, one far off; one inside belongs to a farm already."""
    made = ScanFactory(runtime, acme.org_id)
    inside = (WEST + SIDE / 2, SOUTH + SIDE / 2)
    await made.scans(
        [
            *({"gps": at(inside[0], inside[1] + shift * METRE_LAT)} for shift in (0, 1, 2)),
            {"gps": at(inside[0], SOUTH - 18 * METRE_LAT)},
            {"gps": at(inside[0], SOUTH - 24 * METRE_LAT)},
            {"gps": at(inside[0], SOUTH - 80 * METRE_LAT)},
            {"gps": at(*inside), "farm_id": acme.farm_ids[1]},
        ]
    )
    return made


class TestPreview:
    async def test_it_says_what_falls_in_what_lies_just_outside_and_whose_ground_it_is(
        self, admin: httpx.AsyncClient, acme: Tenant, scans: ScanFactory
    ) -> None:
        await admin.put(f"{URL}/{acme.farm_ids[1]}/geofences", json=square(WEST + SIDE / 2))
        answer = await admin.post(f"{URL}/{acme.farm_ids[0]}/geofences/preview", json=square())
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["polygons"], told["corners"], told["inside"]) == (1, 4, 4)
        assert [round(near["distance_m"]) for near in told["near"]] == [18, 24]
        (shared,) = told["overlaps"]
        assert (shared["farm_id"], shared["name"]) == (str(acme.farm_ids[1]), "acme farm 2")
        assert shared["area_m2"] == pytest.approx(told["area_m2"] / 2, rel=1e-3)
        assert (await admin.get(f"{URL}/{acme.farm_ids[0]}/geofences")).json()["features"] == []

    @pytest.mark.parametrize(
        ("ring", "says"),
        [
            ([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], "crosses itself at 0.50000° N, 0.50000° E"),
            ([[170, 0], [-170, 0], [-170, 5], [170, 5], [170, 0]], "cut it in two at the date line"),
            ([[0, 80], [10, 90], [20, 80], [0, 80]], "touches the north pole at longitude 10"),
            ([[0, -80], [10, -90], [20, -80], [0, -80]], "touches the south pole"),
            ([[0, 80], [10, 91], [20, 80], [0, 80]], "leaves the map"),
        ],
    )
    async def test_what_is_no_boundary_is_refused_in_words(
        self, admin: httpx.AsyncClient, acme: Tenant, ring: list[list[float]], says: str
    ) -> None:
        drawn = {"type": "Polygon", "coordinates": [ring]}
        for act in ("POST", "PUT"):
            path = f"{URL}/{acme.farm_ids[0]}/geofences" + ("/preview" if act == "POST" else "")
            body = problem(await admin.request(act, path, json=drawn), 422, "invalid")
            assert says in body["errors"][0]["message"]

    async def test_a_hole_is_refused_with_its_place(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        outer, hole = square(), square(WEST + SIDE / 4, SOUTH + SIDE / 4, SIDE / 2)
        drawn = {"type": "Polygon", "coordinates": [*outer["coordinates"], *hole["coordinates"]]}
        body = problem(await admin.post(f"{URL}/{acme.farm_ids[0]}/geofences/preview", json=drawn), 422, "invalid")
        assert "has a hole at 53.40250° N, 113.59750° W" in body["errors"][0]["message"]


class TestTools:
    @FREE
    @given(
        lat=st.floats(-80, 80),
        lon=st.floats(-175, 175),
        radius_m=st.floats(boundaries.LEAST_RADIUS_M, boundaries.MOST_RADIUS_M),
    )
    async def test_every_corner_of_a_circle_is_as_far_as_its_radius(
        self, runtime: Runtime, acme: Tenant, lat: float, lon: float, radius_m: float
    ) -> None:
        async with runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
            ring = (await boundaries.draw_circle(uow, lat, lon, radius_m))["coordinates"][0]
            far = "SELECT ST_Distance(ST_MakePoint(:a, :b)::geography, ST_MakePoint(:lon, :lat)::geography)"
            for corner in ring[::16]:
                given_ = {"a": corner[0], "b": corner[1], "lon": lon, "lat": lat}
                distance_m = (await uow.session.execute(text(far), given_)).scalar_one()
                assert distance_m == pytest.approx(radius_m, abs=0.05)
        assert len(ring) == boundaries.CIRCLE_CORNERS + 1

    @pytest.mark.parametrize(
        ("wanted", "says"),
        [
            ({"lat": 0, "lon": 0, "radius_m": 9}, "10 m to 20 km"),
            ({"lat": 0, "lon": 0, "radius_m": 20_001}, "10 m to 20 km"),
            ({"lat": 0, "lon": 179.99, "radius_m": 5_000}, "date line"),
            ({"lat": 89.999, "lon": 0, "radius_m": 5_000}, "poles"),
        ],
    )
    async def test_a_circle_that_cannot_be_a_boundary_is_refused_in_words(
        self, admin: httpx.AsyncClient, wanted: dict[str, float], says: str
    ) -> None:
        assert says in problem(await admin.post(f"{URL}/circle", json=wanted), 422, "invalid")["errors"][0]["message"]

    @FREE
    @given(share=st.floats(0.05, 0.95))
    async def test_a_cut_leaves_two_parts_of_the_same_ground(
        self, runtime: Runtime, acme: Tenant, share: float
    ) -> None:
        line = [(WEST + SIDE * share, SOUTH - 1), (WEST + SIDE * share, SOUTH + 1)]
        async with runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
            parts = await boundaries.split(uow, square(), line)
        assert len(parts) == 2
        whole = shape(square()).area
        assert math.fsum(shape(part).area for part in parts) == pytest.approx(whole, rel=1e-4)

    async def test_a_line_that_cuts_nothing_is_said(self, admin: httpx.AsyncClient) -> None:
        body = {"polygon": square(), "line": [[0, 0], [1, 1]]}
        assert "cross" in problem(await admin.post(f"{URL}/split", json=body), 422, "invalid")["errors"][0]["message"]

    @FREE
    @given(lon=st.floats(WEST - 0.02, WEST + 0.03), lat=st.floats(SOUTH - 0.02, SOUTH + 0.03))
    async def test_containment_and_the_nearest_farm_agree_with_plane_geometry(
        self, runtime: Runtime, acme: Tenant, lon: float, lat: float
    ) -> None:
        async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
            if not (await farms.get_boundary(uow, acme.farm_ids[0])).geofences:
                await farms.add_geofences(uow, acme.farm_ids[0], square())
                await farms.add_geofences(uow, acme.farm_ids[1], square(WEST + 0.1))
            found = await boundaries.nearest(uow, lat, lon)
            holds = await farms.find_farm_at(uow, lat, lon)
        assert [near.farm_id for near in found] == acme.farm_ids
        assert found[0].distance_m <= found[1].distance_m
        inside = shape(square()).covers(Point(lon, lat))
        assert (holds == acme.farm_ids[0]) == inside
        assert not inside or found[0].distance_m == 0

    async def test_nearest_farms_are_those_of_the_caller(
        self, signed_in: SignedIn, admin: httpx.AsyncClient, acme: Tenant, other: Tenant
    ) -> None:
        for farm_id in acme.farm_ids:
            await admin.put(f"{URL}/{farm_id}/geofences", json=square())
        asked = {"lat": SOUTH, "lon": WEST}
        own = (await (await signed_in(acme.technician)).get(f"{URL}/nearest", params=asked)).json()
        assert [near["farm_id"] for near in own] == [str(acme.farm_ids[0])]
        assert (await (await signed_in(other.admin)).get(f"{URL}/nearest", params=asked)).json() == []


class TestPlacing:
    async def test_saving_puts_scans_into_the_farm_and_can_be_undone(
        self, runtime: Runtime, admin: httpx.AsyncClient, acme: Tenant, scans: ScanFactory, nudges: list[Any]
    ) -> None:
        admin.headers["X-Request-ID"] = "boundary-request"
        saved = (await admin.put(f"{URL}/{acme.farm_ids[0]}/geofences", json=square())).json()
        assert saved["placing"]["scans"] == 3
        task_id = UUID(saved["placing"]["task_id"])
        assert ("task", task_id) in nudges
        bench = Bench(runtime, "worker-1")
        assert await look_at_task(bench, task_id) == "done"
        inside = [row["id"] for row in scans.made[:3]]
        assert await farm_of(runtime, acme, inside) == {acme.farm_ids[0]}
        left = [row["id"] for row in scans.made[3:6]]
        assert await farm_of(runtime, acme, left) == {None}
        lines = await audited(runtime, acme, "farm.scans_assigned")
        assert [(line.user_id, len(line.after["scans"])) for line in lines] == [(acme.admin.id, 3)]
        changed = await audited(runtime, acme, "farm.boundary_changed")
        assert {line.request_id for line in [*lines, *changed]} == {changed[0].request_id}
        async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
            with request_context():
                undone = await tasks.undo_task(uow, task_id)
        assert await look_at_task(bench, undone) == "done"
        assert await farm_of(runtime, acme, inside) == {None}
        assert len((await audited(runtime, acme, "farm.scans_released"))[0].after["scans"]) == 3
        bench.cpu.close()

    async def test_where_boundaries_overlap_the_one_drawn_last_takes_them(
        self, runtime: Runtime, admin: httpx.AsyncClient, acme: Tenant, scans: ScanFactory
    ) -> None:
        first = (await admin.put(f"{URL}/{acme.farm_ids[0]}/geofences", json=square())).json()
        second = (await admin.put(f"{URL}/{acme.farm_ids[1]}/geofences", json=square())).json()
        bench = Bench(runtime, "worker-1")
        assert await look_at_task(bench, UUID(first["placing"]["task_id"])) == "done"
        inside = [row["id"] for row in scans.made[:3]]
        assert await farm_of(runtime, acme, inside) == {None}
        assert await look_at_task(bench, UUID(second["placing"]["task_id"])) == "done"
        assert await farm_of(runtime, acme, inside) == {acme.farm_ids[1]}
        bench.cpu.close()

    async def test_a_boundary_round_nothing_starts_nothing(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        saved = (await admin.put(f"{URL}/{acme.farm_ids[0]}/geofences", json=square())).json()
        assert saved["placing"] is None


async def farm_of(runtime: Runtime, tenant: Tenant, scan_ids: list[UUID]) -> set[UUID | None]:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id), read_only=True) as uow:
        query = text("SELECT DISTINCT farm_id FROM scans WHERE id = ANY(:ids)")
        return set((await uow.session.execute(query, {"ids": scan_ids})).scalars())


async def audited(runtime: Runtime, tenant: Tenant, action: str) -> list[Any]:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id), read_only=True) as uow:
        query = text("SELECT user_id, request_id, after FROM audit_log WHERE action = :action ORDER BY id")
        return list(await uow.session.execute(query, {"action": action}))
