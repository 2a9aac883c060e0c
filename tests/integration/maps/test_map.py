"""The map's routes: who sees what on it, how scans are gathered, and the file that stands alone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backend.core.runtime import Runtime
from backend.farms import service as farms
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

BARN = [(-113.56, 53.44), (-113.54, 53.44), (-113.54, 53.46), (-113.56, 53.46)]
WORLD = {"west": -180, "south": -90, "east": 180, "north": 90}
CREDITS = {"https://leafletjs.com", "https://bugs.chromium.org", "https://bugzilla.mozilla.org", "http://www.w3.org"}
"""Addresses in Leaflet's own licence notice, comments and names of XML formats: nothing is loaded from them."""


def at(lon: float, lat: float) -> str:
    return f"SRID=4326;POINT({lon} {lat})"


@pytest.fixture
async def ranch(runtime: Runtime, acme: Tenant) -> ScanFactory:
    """Acme's first farm with a boundary and two scans inside, a third of the second farm, a fourth of nobody."""
    factory = ScanFactory(runtime, acme.org_id)
    factory.device_id = await factory.device("barn-1", label="Barn Pi", farm_id=acme.farm_ids[0])
    wanted: list[dict[str, Any]] = [
        {"gps": at(-113.55, 53.45), "farm_id": acme.farm_ids[0], "review": "accepted"},
        {"gps": at(-113.5501, 53.4501), "farm_id": acme.farm_ids[0], "status": "error"},
        {"gps": at(-113.0, 53.0), "farm_id": acme.farm_ids[1]},
        {"gps": at(179.99, -40.0)},
        {"gps": None, "farm_id": acme.farm_ids[0]},
    ]
    for values in wanted:
        await factory.scan(**values)
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        ring = [[*map(list, BARN), list(BARN[0])]]
        await farms.add_geofences(uow, acme.farm_ids[0], {"type": "Polygon", "coordinates": ring})
    return factory


async def window(browser: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await browser.get("/api/v1/map/scans", params={**WORLD, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(("role", "seen"), [("admin", 4), ("technician", 2), ("farmer", 1)])
async def test_everybody_sees_what_they_see_elsewhere(
    ranch: ScanFactory, signed_in: SignedIn, acme: Tenant, other: Tenant, role: str, seen: int
) -> None:
    browser = await signed_in(acme.people[role])
    assert (await window(browser, zoom=3))["total"] == seen
    shown = (await browser.get("/api/v1/map")).json()
    assert shown["farms"][0]["properties"]["name"] == "acme farm 1"
    assert len(shown["farms"]) == (2 if role == "admin" else 1)
    assert shown["farms"][0]["geometry"]["type"] == "MultiPolygon"
    (device,) = shown["devices"]
    assert (device["code"], device["state"], device["exact"]) == ("barn-1", "new", True)
    stranger = await signed_in(other.people[role])
    assert (await window(stranger, zoom=3))["total"] == 0
    assert (await stranger.get("/api/v1/map")).json()["bounds"] is None


async def test_scans_that_lie_together_are_one_mark_until_the_window_comes_near(
    ranch: ScanFactory, signed_in: SignedIn, acme: Tenant
) -> None:
    browser = await signed_in(acme.admin)
    far = (await window(browser, zoom=8))["cells"]
    assert sorted(cell["n"] for cell in far) == [1, 1, 2]
    pair = next(cell for cell in far if cell["n"] == 2)
    assert (pair["graded"], pair["failed"]) == (1, 1)
    assert pair["box"] == pytest.approx([-113.5501, 53.45, -113.55, 53.4501])
    assert pair["id"] == str(ranch.made[1]["id"])
    assert sorted(cell["n"] for cell in (await window(browser, zoom=22))["cells"]) == [1, 1, 1, 1]
    listed = await window(browser, west=-113.6, south=53.4, east=-113.5, north=53.5)
    assert [cell["id"] for cell in listed["cells"]] == [str(ranch.made[1]["id"]), str(ranch.made[0]["id"])]


async def test_a_window_may_lie_across_the_date_line_and_be_turned_round_the_earth(
    ranch: ScanFactory, signed_in: SignedIn, acme: Tenant
) -> None:
    browser = await signed_in(acme.admin)
    across = await window(browser, west=170, east=190, south=-60, north=0, zoom=4)
    assert [round(cell["lon"], 2) for cell in across["cells"]] == [179.99]
    turned = await window(browser, west=-113.6 - 720, east=-113.5 - 720, south=53.4, north=53.5, zoom=4)
    assert turned["total"] == 2


async def test_status_review_farm_device_and_dates_narrow_it(
    ranch: ScanFactory, signed_in: SignedIn, acme: Tenant
) -> None:
    browser = await signed_in(acme.admin)
    first = ranch.made[0]["captured_at"]
    for asked, n in (
        ({"status": "error"}, 1),
        ({"review": "accepted"}, 1),
        ({"farm_id": acme.farm_ids[1]}, 1),
        ({"device_id": ranch.device_id}, 4),
        ({"captured_from": (first + timedelta(minutes=1)).isoformat()}, 3),
        ({"captured_to": (first + timedelta(minutes=1)).isoformat()}, 1),
        ({"captured_to": datetime(2020, 1, 1, tzinfo=UTC).isoformat()}, 0),
    ):
        assert (await window(browser, zoom=3, **asked))["total"] == n, asked


@pytest.mark.parametrize(
    "wrong", [{"west": 10, "east": 0}, {"north": -91}, {"zoom": 99}, {"status": "melted"}, {"colour": "red"}]
)
async def test_a_window_that_makes_no_sense_is_refused(
    signed_in: SignedIn, acme: Tenant, wrong: dict[str, object]
) -> None:
    browser = await signed_in(acme.admin)
    assert (await browser.get("/api/v1/map/scans", params={**WORLD, **wrong})).status_code == 422


async def test_the_file_holds_the_map_and_leads_to_no_foreign_host(
    ranch: ScanFactory, runtime: Runtime, signed_in: SignedIn, acme: Tenant
) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await farms.update_farm(uow, acme.farm_ids[0], name="<img src=//evil> `${alert(1)}` </script>")
    browser = await signed_in(acme.admin)
    answer = await browser.get("/api/v1/map/file")
    assert answer.headers["content-disposition"] == 'attachment; filename="map.html"'
    assert "1 device" in answer.text
    assert "4 scans" in answer.text
    assert set(re.findall(r"https?://[a-z0-9.]+", answer.text)) <= CREDITS
    assert not re.findall(r"<(?:link|script|img|iframe)[^>]*(?:src|href)=", answer.text)
    assert "</script> " not in answer.text
    farmers = await (await signed_in(acme.farmer)).get("/api/v1/map/file", params={"status": "graded"})
    assert "1 scan<" in farmers.text


async def test_the_base_layer_is_named_where_one_is_set(
    ranch: ScanFactory, runtime: Runtime, signed_in: SignedIn, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await signed_in(acme.admin)
    assert (await browser.get("/api/v1/map")).json()["tiles"] is None
    tiles = {"map_tiles_url": "https://tiles.example.org/{z}/{x}/{y}.png", "map_attribution": "© Surveyors"}
    monkeypatch.setattr(runtime, "settings", runtime.settings.model_copy(update=tiles))
    shown = (await browser.get("/api/v1/map")).json()["tiles"]
    assert shown == {"url": tiles["map_tiles_url"], "attribution": tiles["map_attribution"]}
    drawn = (await browser.get("/api/v1/map/file")).text
    assert set(re.findall(r"https?://[a-z0-9.]+", drawn)) - CREDITS == {"https://tiles.example.org"}
    assert "© Surveyors" in drawn
