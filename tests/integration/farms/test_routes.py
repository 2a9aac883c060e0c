"""The routes of farms over HTTP: whose farms, which boundaries, and what is written down about it."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem

URL = "/api/v1/farms"
ROLES = ("admin", "technician", "farmer")


def square(west: float = -113.6, south: float = 53.4, side: float = 0.1) -> dict[str, Any]:
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [[[round(lon, 7), round(lat, 7)] for lon, lat in ring]]}


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def names(browser: httpx.AsyncClient) -> set[str]:
    return {farm["name"] for farm in (await browser.get(URL)).json()["items"]}


class TestWalls:
    @pytest.mark.parametrize("role", ROLES)
    async def test_everybody_sees_their_own_farms_alone(
        self, signed_in: SignedIn, acme: Tenant, other: Tenant, role: str
    ) -> None:
        for tenant in (acme, other):
            everything = {f"{tenant.slug} farm 1", f"{tenant.slug} farm 2"}
            seen = await names(await signed_in(tenant.people[role]))
            assert seen == (everything if role == "admin" else {f"{tenant.slug} farm 1"})

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("path", ["", "/geofences", "/members"])
    async def test_what_is_anothers_is_not_there(
        self, signed_in: SignedIn, acme: Tenant, other: Tenant, role: str, path: str
    ) -> None:
        browser = await signed_in(acme.people[role])
        assert (await browser.get(f"{URL}/{acme.farm_ids[0]}{path}")).status_code == 200
        foreign = [other.farm_ids[0], uuid4(), *(acme.farm_ids[1:] if role != "admin" else ())]
        answers = [await browser.get(f"{URL}/{farm_id}{path}") for farm_id in foreign]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.json()["detail"] for answer in answers}) == 1

    async def test_an_admin_writes_nothing_into_anothers_farm(
        self, admin: httpx.AsyncClient, signed_in: SignedIn, other: Tenant
    ) -> None:
        farm = f"{URL}/{other.farm_ids[0]}"
        theirs = await signed_in(other.admin)
        drawn = (await theirs.post(f"{farm}/geofences", json=square())).json()["features"][0]["id"]
        tried = [
            await admin.patch(farm, json={"name": "Mine"}),
            await admin.post(f"{farm}/geofences", json=square()),
            await admin.put(f"{farm}/geofences", json=square()),
            await admin.delete(f"{farm}/geofences"),
            await admin.delete(f"{farm}/geofences/{drawn}"),
        ]
        assert {answer.status_code for answer in tried} == {404}
        assert (await theirs.get(farm)).json()["name"] == "other farm 1"
        assert len((await theirs.get(f"{farm}/geofences")).json()["features"]) == 1

    @pytest.mark.parametrize("role", ["technician", "farmer"])
    async def test_only_admins_write(self, signed_in: SignedIn, acme: Tenant, role: str) -> None:
        browser, farm = await signed_in(acme.people[role]), f"{URL}/{acme.farm_ids[0]}"
        tried = [
            await browser.post(URL, json={"name": "Mine"}),
            await browser.patch(farm, json={"name": "Mine"}),
            await browser.put(f"{farm}/geofences", json=square()),
            await browser.post(f"{farm}/geofences", json=square()),
            await browser.delete(f"{farm}/geofences"),
        ]
        assert {answer.status_code for answer in tried} == {403}

    async def test_the_database_keeps_scope_where_a_service_forgot(self, runtime: Runtime, acme: Tenant) -> None:
        actor = await acme.technician.actor()
        async with runtime.database.unit_of_work(actor, read_only=True) as uow:
            seen = (await uow.session.execute(text("SELECT id FROM farms"))).scalars().all()
        assert seen == acme.farm_ids[:1]


class TestFarms:
    async def test_a_farm_is_made_renamed_and_written_down(
        self, admin: httpx.AsyncClient, runtime: Runtime, acme: Tenant
    ) -> None:
        made = await admin.post(URL, json={"name": " North  Ridge ", "time_zone": "Europe/Vienna"})
        assert (made.status_code, made.json()["name"]) == (201, "North Ridge")
        farm_id = made.json()["id"]
        renamed = await admin.patch(f"{URL}/{farm_id}", json={"name": "South Ridge"})
        assert (renamed.json()["name"], renamed.json()["time_zone"]) == ("South Ridge", "Europe/Vienna")
        async with runtime.database.unit_of_work(Actor.system(acme.org_id), read_only=True) as uow:
            query = "SELECT action, before, after FROM audit_log WHERE object_id = :id ORDER BY id"
            lines = [tuple(row) for row in await uow.session.execute(text(query), {"id": farm_id})]
        assert lines[0][0] == "farm.created"
        assert lines[1] == ("farm.updated", {"name": "North Ridge"}, {"name": "South Ridge"})

    async def test_a_name_of_anothers_farm_is_free_and_ones_own_is_not(
        self, admin: httpx.AsyncClient, other: Tenant, acme: Tenant
    ) -> None:
        assert (await admin.post(URL, json={"name": "other farm 1"})).status_code == 201
        problem(await admin.post(URL, json={"name": "acme farm 1"}), 409, "farm_name_taken")
        taken = await admin.patch(f"{URL}/{acme.farm_ids[0]}", json={"name": "acme farm 2"})
        problem(taken, 409, "farm_name_taken")

    async def test_pages_hold_every_farm_once_in_both_directions(self, admin: httpx.AsyncClient) -> None:
        for number in range(7):
            await admin.post(URL, json={"name": f"Farm {number}"})
        pages = [(await admin.get(URL, params={"limit": 4})).json()]
        while pages[-1]["next_cursor"]:
            pages.append((await admin.get(URL, params={"limit": 4, "cursor": pages[-1]["next_cursor"]})).json())
        assert [len(page["items"]) for page in pages] == [4, 4, 1]
        listed = [farm["name"] for page in pages for farm in page["items"]]
        assert listed == sorted(listed)
        back = (await admin.get(URL, params={"limit": 4, "cursor": pages[-1]["prev_cursor"]})).json()
        assert back["items"] == pages[1]["items"]
        first = (await admin.get(URL, params={"limit": 4, "cursor": back["prev_cursor"]})).json()
        assert (first["items"], first["prev_cursor"]) == (pages[0]["items"], None)

    @pytest.mark.parametrize("cursor", ["x", "WzAsMSwyXQ", "WzAsImEiLCJiIl0", "WzAsImFcdTAwMDAiLCJiIl0"])
    async def test_a_made_up_cursor_is_refused(self, admin: httpx.AsyncClient, cursor: str) -> None:
        body = problem(await admin.get(URL, params={"cursor": cursor}), 422, "invalid")
        assert body["errors"][0]["path"] == "cursor"

    async def test_members_are_the_people_assigned(self, admin: httpx.AsyncClient, acme: Tenant, other: Tenant) -> None:
        first = (await admin.get(f"{URL}/{acme.farm_ids[0]}/members")).json()
        second = (await admin.get(f"{URL}/{acme.farm_ids[1]}/members")).json()
        assert {member["email"]: member["role"] for member in first} == {
            "technician@acme.example": "technician",
            "farmer@acme.example": "farmer",
        }
        assert second == []

    async def test_open_pages_hear_of_it(self, admin: httpx.AsyncClient, runtime: Runtime, acme: Tenant) -> None:
        async with runtime.bus.subscribe() as events:
            made = (await admin.post(URL, json={"name": "New"})).json()
            await admin.patch(f"{URL}/{made['id']}", json={"name": "Newer"})
            await admin.put(f"{URL}/{made['id']}/geofences", json=square())
            heard = [await events.get() for _ in range(3)]
        assert [event.topic for event in heard if event] == ["farm.created", "farm.updated", "farm.updated"]
        assert {event.farm_id for event in heard if event} == {UUID(made["id"])}


class TestBoundaries:
    async def test_what_is_sent_is_given_back_with_its_area(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        url = f"{URL}/{acme.farm_ids[0]}/geofences"
        document = {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {"label": "Home"}, "geometry": square()},
                {"type": "Feature", "properties": {}, "geometry": square(-113.4)},
            ],
        }
        put = await admin.put(url, json=document)
        assert put.status_code == 200, put.text
        assert put.json() == (await admin.get(url)).json()
        home, far = put.json()["features"]
        assert (home["properties"]["label"], far["properties"]["label"]) == ("Home", None)
        assert (home["geometry"], far["geometry"]) == (square(), square(-113.4))
        # 0.1° of latitude is 11.13 km, of longitude at 53.45° 6.64 km.
        assert home["properties"]["area_ha"] == pytest.approx(7390, rel=0.005)
        assert home["properties"]["area_ac"] == pytest.approx(7390 * 2.4710538, rel=0.005)
        assert put.json()["area_m2"] == pytest.approx(2 * home["properties"]["area_m2"])

    async def test_an_overlap_counts_once(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        url = f"{URL}/{acme.farm_ids[0]}/geofences"
        await admin.post(url, json=square())
        whole = (await admin.post(url, json=square())).json()
        assert whole["area_m2"] == pytest.approx(whole["features"][0]["properties"]["area_m2"])

    async def test_polygons_are_added_taken_off_and_cleared(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        url = f"{URL}/{acme.farm_ids[0]}/geofences"
        first = (await admin.post(url, json=square())).json()["features"][0]["id"]
        assert len((await admin.post(url, json=square(-113.4))).json()["features"]) == 2
        assert (await admin.delete(f"{url}/{first}")).status_code == 204
        assert (await admin.delete(f"{url}/{first}")).status_code == 404
        (left,) = (await admin.get(url)).json()["features"]
        assert left["geometry"] == square(-113.4)
        farm = (await admin.get(f"{URL}/{acme.farm_ids[0]}")).json()
        assert -113.4 < farm["lon"] < -113.3
        assert (await admin.delete(url)).status_code == 204
        assert (await admin.get(url)).json() == {
            "type": "FeatureCollection",
            "features": [],
            "area_m2": 0,
            "area_ha": 0,
            "area_ac": 0,
            "placing": None,
        }
        assert (await admin.get(f"{URL}/{acme.farm_ids[0]}")).json()["lat"] is None

    @pytest.mark.parametrize(
        ("ring", "said"),
        [
            ([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], "crosses itself at 0.50000° N, 0.50000° E"),
            ([[0, 95], [1, 0], [1, 1], [0, 95]], "latitude 95"),
            ([[200, 0], [1, 0], [1, 1], [200, 0]], "longitude 200"),
            ([[0, 90], [1, 80], [2, 80], [0, 90]], "touches the north pole"),
            ([[0, -90], [1, -80], [2, -80], [0, -90]], "touches the south pole"),
            ([[179, 0], [-179, 0], [-179, 1], [179, 0]], "date line"),
            ([[-120, 85], [0, 85], [120, 85], [-120, 85]], "poles"),
            ([[0, 0], [1e-7, 0], [0, 1e-7], [0, 0]], "encloses no area"),
            ([[0, 0], [10**400, 0], [0, 1]], "longitude, latitude"),
            ([], "is empty"),
        ],
    )
    async def test_what_makes_no_sense_is_refused_in_words(
        self, admin: httpx.AsyncClient, acme: Tenant, ring: list[Any], said: str
    ) -> None:
        url = f"{URL}/{acme.farm_ids[0]}/geofences"
        await admin.put(url, json=square())
        body = problem(await admin.put(url, json={"type": "Polygon", "coordinates": [ring]}), 422, "invalid")
        assert said in body["errors"][0]["message"]
        assert (await admin.get(url)).json()["features"][0]["geometry"] == square()

    async def test_a_hole_is_refused_with_its_place(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        holed = {
            "type": "Polygon",
            "coordinates": square()["coordinates"] + square(-113.58, 53.42, 0.02)["coordinates"],
        }
        body = problem(await admin.put(f"{URL}/{acme.farm_ids[0]}/geofences", json=holed), 422, "invalid")
        assert body["errors"][0]["message"].startswith("has a hole at 53.42000° N, 113.58000° W")

    async def test_the_whole_boundary_is_kept_before_and_after(
        self, admin: httpx.AsyncClient, runtime: Runtime, acme: Tenant
    ) -> None:
        url = f"{URL}/{acme.farm_ids[0]}/geofences"
        await admin.put(url, json=square())
        await admin.put(url, json=square(-113.4))
        async with runtime.database.unit_of_work(Actor.system(acme.org_id), read_only=True) as uow:
            query = "SELECT before, after FROM audit_log WHERE action = 'farm.boundary_changed' ORDER BY id DESC"
            before, after = (await uow.session.execute(text(query))).first() or (None, None)
        assert (before, after) == ({"polygons": [square()]}, {"polygons": [square(-113.4)]})
