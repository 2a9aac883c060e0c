"""The demo organisation: made whole, found again, mended where something was lost."""

from uuid import UUID

import httpx
import psycopg
import pytest

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.core.settings import Settings
from backend.devices import service as devices
from backend.identity.errors import PasswordRefused
from cti_app.demo import DEVICES, PEOPLE, Demo, Kept, make_demo
from cti_app.demo_past import has_past, live_through
from cti_app.simulator.past import LABEL
from tests.support.herd_factory import Herd


async def made(runtime: Runtime, settings: Settings) -> Demo:
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        return await make_demo(uow, settings)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as session:
        return session.execute(query).fetchall()


async def status_of_sign_in(browser: httpx.AsyncClient, email: str, password: str) -> int:
    answer = await browser.post("/api/v1/auth/login", json={"email": email, "password": password})
    return answer.status_code


async def test_there_is_a_ranch_with_a_bounded_farm_two_devices_and_a_person_a_role(
    runtime: Runtime, settings: Settings, superuser_url: str
) -> None:
    demo = await made(runtime, settings)
    assert rows(superuser_url, "SELECT name, is_default FROM organizations") == [("North Ridge Ranch", True)]
    assert rows(superuser_url, "SELECT name, ST_Area(geofence) > 0 FROM farms") == [("North Ridge", True)]
    assert rows(superuser_url, "SELECT device_code, label FROM devices ORDER BY 1") == list(DEVICES.items())
    people = "SELECT u.email, m.role, m.all_farms FROM users u JOIN memberships m ON m.user_id = u.id"
    assert sorted(rows(superuser_url, people)) == [
        ("admin@demo.example", "admin", True),
        ("farmer@demo.example", "farmer", False),
        ("tech@demo.example", "technician", False),
    ]
    assert set(demo.keys) == set(DEVICES)


async def test_everybody_can_sign_in_with_the_one_password(
    runtime: Runtime, settings: Settings, browser: httpx.AsyncClient
) -> None:
    demo = await made(runtime, settings)
    for person in PEOPLE:
        assert await status_of_sign_in(browser, person.email, demo.password) == 200


async def test_a_second_start_changes_nothing(runtime: Runtime, settings: Settings, superuser_url: str) -> None:
    first = await made(runtime, settings)
    before = rows(superuser_url, "SELECT id, password_hash FROM users ORDER BY id")
    assert await made(runtime, settings) == first
    assert rows(superuser_url, "SELECT id, password_hash FROM users ORDER BY id") == before
    assert rows(superuser_url, "SELECT count(*) FROM device_keys") == [(2,)]


async def test_a_password_changed_in_the_settings_is_everybody_s(
    runtime: Runtime, settings: Settings, browser: httpx.AsyncClient
) -> None:
    await made(runtime, settings)
    changed = settings.model_copy(update={"demo_password": "orchard-lantern-gate-47"})
    assert (await made(runtime, changed)).password == "orchard-lantern-gate-47"
    for person in PEOPLE:
        assert await status_of_sign_in(browser, person.email, "orchard-lantern-gate-47") == 200


async def test_a_weak_password_is_refused_and_nothing_is_made(
    runtime: Runtime, settings: Settings, superuser_url: str
) -> None:
    with pytest.raises(PasswordRefused):
        await made(runtime, settings.model_copy(update={"demo_password": "password1234"}))
    assert rows(superuser_url, "SELECT count(*) FROM users") == [(0,)]
    assert Kept(settings).password() is None


async def test_keys_that_were_lost_are_made_anew(runtime: Runtime, settings: Settings) -> None:
    first = await made(runtime, settings)
    Kept(settings).keep_keys({"dev-0001": first.keys["dev-0001"]})
    again = await made(runtime, settings)
    assert again.keys["dev-0001"] == first.keys["dev-0001"]
    assert again.keys["dev-0002"] != first.keys["dev-0002"]
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        assert (await devices.key_holder(uow, again.keys["dev-0002"])).code == "dev-0002"
        with pytest.raises(devices.UnknownDeviceKey):
            await devices.key_holder(uow, first.keys["dev-0002"])


async def test_what_is_kept_is_closed_to_others(runtime: Runtime, settings: Settings) -> None:
    await made(runtime, settings)
    kept = list((settings.data_dir / "secrets").iterdir())
    assert {path.name for path in kept} == {"demo_password", "demo_device_keys.json"}
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


async def test_the_past_that_was_sent_is_accepted_by_the_technician_and_the_animals_get_records(
    runtime: Runtime, settings: Settings, superuser_url: str
) -> None:
    await made(runtime, settings)
    ((org_id, farm_id),) = rows(superuser_url, "SELECT org_id, id FROM farms")
    barn = Herd(runtime, UUID(str(org_id)))
    steer = await barn.animal("4071", UUID(str(farm_id)))
    told = {"farm_id": farm_id, "label": LABEL, "review": "unreviewed", "reviewed_at": None}
    await barn.measured(steer, 40, **told, rea_cm2=80, backfat_mm=7)
    await barn.measured(steer, 6, **told, certainty="abstained")
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        assert await has_past(uow)
    for accepted in (2, 0):
        assert await live_through(runtime) == accepted
    judged = "SELECT s.review, u.email FROM scans s JOIN users u ON u.id = s.reviewed_by ORDER BY s.captured_at"
    assert rows(superuser_url, judged) == [("accepted", "tech@demo.example"), ("rejected", "tech@demo.example")]
    assert rows(superuser_url, "SELECT sex, breed, birth_date IS NULL FROM animals") == [("steer", "Angus", False)]
    assert len(rows(superuser_url, "SELECT kg FROM animal_weights")) == 1
