"""Refused deliveries: what is kept, within which bounds, and how an admin has them tried again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import psycopg
import pytest

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.errors import Forbidden
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.devices.service import DeviceChange
from backend.ingest import quarantine, service
from tests.integration.ingest.conftest import Eyes, Sender, upload_meta
from tests.support.captures import encode, envelope, folder, meta, png, signed
from tests.support.people import Person, Tenant, make_person
from tests.support.problems import problem

SignedIn = Callable[[Person], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def waiting_ids(browser: httpx.AsyncClient) -> list[str]:
    answer = await browser.get("/api/v1/ops/quarantine")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def refuse_without_metadata(sender: Sender, number: int = 1) -> None:
    """A delivery that will do as soon as meta.json lies in the store."""
    answer = await sender.webhook(envelope(meta(number), meta_json=None))
    assert answer.status_code == 422


async def store_meta(runtime: Runtime, number: int = 1) -> None:
    document = meta(number)
    await runtime.store.put_new(folder(document) + "meta.json", encode(document), "application/json")


async def test_an_admin_sees_what_was_refused_and_why(sender: Sender, admin: httpx.AsyncClient) -> None:
    await sender.capture(clarity="great")

    [item] = (await admin.get("/api/v1/ops/quarantine")).json()["items"]

    assert (item["capture_id"], item["device_code"], item["http_status"]) == ("cap_1757423585", "dev-0001", 422)
    assert item["errors"] == [
        {
            "path": "meta_json.clarity",
            "message": 'is "great"; expected how clear the image is: good, medium or bad',
        }
    ]
    one = (await admin.get(f"/api/v1/ops/quarantine/{item['id']}")).json()
    assert '"clarity":"great"' in one["body"]


async def test_the_same_refused_body_again_only_counts(sender: Sender, eyes: Eyes) -> None:
    body = encode(envelope(meta(clarity="great")))
    for _ in range(3):
        await sender.webhook(body)

    assert eyes.one("SELECT attempts FROM quarantine")["attempts"] == 3
    assert eyes.count("ingestion_log") == 3


async def test_a_replay_of_what_was_mended_makes_the_scan(
    sender: Sender, eyes: Eyes, runtime: Runtime, admin: httpx.AsyncClient, acme: Tenant, nudges: list[tuple[str, UUID]]
) -> None:
    await refuse_without_metadata(sender)
    await store_meta(runtime)
    [entry] = await waiting_ids(admin)

    answer = await admin.post(f"/api/v1/ops/quarantine/{entry}/replay")

    scan = eyes.one("SELECT id, capture_id FROM scans")
    assert answer.json()["outcome"] == "created"
    assert answer.json()["scan_id"] == str(scan["id"])
    assert nudges == [("scan", scan["id"])]
    assert await waiting_ids(admin) == []
    row = eyes.one("SELECT status, scan_id, decided_by FROM quarantine")
    assert row == {"status": "replayed", "scan_id": scan["id"], "decided_by": acme.admin.id}
    assert eyes.log()[-1]["route"] == "replay"
    assert eyes.rows("SELECT action FROM audit_log WHERE action LIKE 'quarantine%%'") == [
        {"action": "quarantine.replayed"}
    ]


async def test_a_replay_that_is_refused_again_says_why_and_tells_nobody(
    sender: Sender, eyes: Eyes, admin: httpx.AsyncClient, nudges: list[tuple[str, UUID]]
) -> None:
    await sender.capture(clarity="great")
    [entry] = await waiting_ids(admin)

    told = (await admin.post(f"/api/v1/ops/quarantine/{entry}/replay")).json()

    assert told["outcome"] == "refused"
    assert told["errors"][0]["path"] == "meta_json.clarity"
    assert await waiting_ids(admin) == [entry]
    assert (eyes.count("scans"), nudges) == (0, [])
    assert (eyes.log()[-1]["route"], eyes.log()[-1]["http_status"]) == ("replay", 422)


async def test_fifty_are_replayed_at_once_and_one_that_fails_holds_up_nobody(
    sender: Sender, eyes: Eyes, runtime: Runtime, admin: httpx.AsyncClient
) -> None:
    for number in range(4):
        await refuse_without_metadata(sender, number)
    for number in (0, 2, 3):
        await store_meta(runtime, number)

    report = (await admin.post("/api/v1/ops/ingest-replay?max=50")).json()

    assert (report["replayed"], report["refused"]) == (3, 1)
    assert [item["outcome"] for item in report["items"]] == ["created", "refused", "created", "created"]
    assert eyes.count("scans") == 3
    again = (await admin.post("/api/v1/ops/ingest-replay")).json()
    assert (again["replayed"], again["refused"]) == (0, 1)


async def test_the_oldest_are_replayed_first_up_to_the_limit(
    sender: Sender, runtime: Runtime, admin: httpx.AsyncClient
) -> None:
    for number in range(3):
        await refuse_without_metadata(sender, number)
        await store_meta(runtime, number)

    report = (await admin.post("/api/v1/ops/ingest-replay?max=2")).json()
    assert [item["capture_id"] for item in report["items"]] == ["cap_1757423584", "cap_1757423585"]
    problem(await admin.post("/api/v1/ops/ingest-replay?max=0"), 422, "invalid")
    problem(await admin.post("/api/v1/ops/ingest-replay?max=201"), 422, "invalid")


async def test_what_arrived_meanwhile_is_a_duplicate(
    sender: Sender, eyes: Eyes, runtime: Runtime, admin: httpx.AsyncClient
) -> None:
    await refuse_without_metadata(sender)
    await sender.capture()
    await store_meta(runtime)

    report = (await admin.post("/api/v1/ops/ingest-replay")).json()
    assert [item["outcome"] for item in report["items"]] == ["duplicate"]
    assert eyes.count("scans") == 1


async def test_a_conflict_stays_one_and_can_be_dismissed(sender: Sender, eyes: Eyes, admin: httpx.AsyncClient) -> None:
    await sender.capture()
    await sender.capture(label="other")
    [entry] = await waiting_ids(admin)

    assert (await admin.post(f"/api/v1/ops/quarantine/{entry}/replay")).json()["outcome"] == "refused"
    assert (await admin.post(f"/api/v1/ops/quarantine/{entry}/dismiss")).status_code == 204

    assert await waiting_ids(admin) == []
    problem(await admin.post(f"/api/v1/ops/quarantine/{entry}/replay"), 409, "already_decided")
    problem(await admin.post(f"/api/v1/ops/quarantine/{entry}/dismiss"), 409, "already_decided")
    listed = (await admin.get("/api/v1/ops/quarantine?status=dismissed")).json()["items"]
    assert [item["id"] for item in listed] == [entry]


async def test_a_disabled_device_is_enabled_and_its_deliveries_replayed(
    sender: Sender, eyes: Eyes, runtime: Runtime, acme: Tenant, admin: httpx.AsyncClient
) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        device, _ = await devices.register_device(uow, "dev-0001")
        await devices.update_device(uow, device.id, DeviceChange(disabled=True))
    await sender.capture()
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await devices.update_device(uow, device.id, DeviceChange(disabled=False))

    assert (await admin.post("/api/v1/ops/ingest-replay")).json()["replayed"] == 1
    assert eyes.count("scans") == 1


async def test_an_upload_whose_bytes_were_not_kept_cannot_be_replayed(
    sender: Sender, eyes: Eyes, runtime: Runtime, admin: httpx.AsyncClient, key: str
) -> None:
    image = png()
    document = upload_meta(image)
    await sender.upload(key, document)

    [first] = (await admin.post("/api/v1/ops/ingest-replay")).json()["items"]
    await runtime.store.put_new(folder(document) + "image.png", image, "image/png")
    [second] = (await admin.post("/api/v1/ops/ingest-replay")).json()["items"]

    assert (first["outcome"], second["outcome"]) == ("refused", "created")
    assert "must send this capture again" in first["reason"]
    assert eyes.count("scans") == 1


async def test_only_admins_look_at_refused_deliveries(
    sender: Sender, runtime: Runtime, acme: Tenant, signed_in: SignedIn
) -> None:
    await sender.capture(clarity="great")
    for person in (acme.technician, acme.farmer):
        browser = await signed_in(person)
        for method, path in (("GET", "quarantine"), ("GET", "ingest-log"), ("POST", "ingest-replay")):
            assert (await browser.request(method, f"/api/v1/ops/{path}")).status_code == 403
        async with runtime.database.unit_of_work(await person.actor()) as uow:
            with pytest.raises(Forbidden):
                await service.list_quarantine(uow)
            with pytest.raises(Forbidden):
                await service.list_log(uow)
            with pytest.raises(Forbidden):
                await service.replay_waiting(uow)


async def test_another_organisations_refusals_do_not_exist(
    sender: Sender, eyes: Eyes, other: Tenant, signed_in: SignedIn
) -> None:
    await sender.capture(clarity="great")
    entry = eyes.one("SELECT id FROM quarantine")["id"]
    stranger = await signed_in(other.admin)

    assert await waiting_ids(stranger) == []
    assert (await stranger.get("/api/v1/ops/ingest-log")).json()["items"] == []
    for method, path in (("GET", ""), ("POST", "/replay"), ("POST", "/dismiss")):
        for unseen in (entry, new_id()):
            answer = await stranger.request(method, f"/api/v1/ops/quarantine/{unseen}{path}")
            problem(answer, 404, "quarantine_entry_not_found")
    assert (await stranger.post("/api/v1/ops/ingest-replay")).json()["items"] == []


async def test_a_device_that_moved_elsewhere_is_not_replayed_by_its_former_owner(
    sender: Sender,
    eyes: Eyes,
    runtime: Runtime,
    other: Tenant,
    admin: httpx.AsyncClient,
    owner_url: str,
    nudges: list[tuple[str, UUID]],
) -> None:
    await refuse_without_metadata(sender)
    await store_meta(runtime)
    async with runtime.database.unit_of_work(await other.admin.actor()) as uow:
        await devices.register_device(uow, "dev-0001")

    [item] = (await admin.post("/api/v1/ops/ingest-replay")).json()["items"]

    assert (item["outcome"], item["reason"]) == ("refused", "This device belongs to another organisation by now.")
    assert (eyes.count("scans"), nudges) == (0, [])


async def test_a_strangers_body_is_shown_to_the_platforms_admin_only(
    sender: Sender, runtime: Runtime, acme: Tenant, admin: httpx.AsyncClient, signed_in: SignedIn
) -> None:
    body = encode(envelope(meta()))
    await sender.client.post("/ingest/webhook", content=body, headers=signed("rotated-away", body))
    await sender.capture(2, clarity="great")
    operator = await make_person(runtime, acme.org_id, "root@acme.example", "admin", platform_admin=True)
    root = await signed_in(operator)

    assert len(await waiting_ids(admin)) == 1
    assert len(await waiting_ids(root)) == 2
    log = (await root.get("/api/v1/ops/ingest-log")).json()["items"]
    assert [row["http_status"] for row in log] == [422, 403]
    report = (await root.post("/api/v1/ops/ingest-replay")).json()
    assert sorted(item["outcome"] for item in report["items"]) == ["created", "refused"]


async def test_a_strangers_large_body_is_not_kept(sender: Sender, eyes: Eyes) -> None:
    await sender.client.post("/ingest/webhook", content=b"x" * (quarantine.STRANGERS_BODY_BYTES + 1))
    assert eyes.count("quarantine") == 0
    assert eyes.log()[-1]["http_status"] == 401


async def test_the_oldest_go_when_there_are_too_many(
    sender: Sender, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "OF_AN_ORGANISATION", replace(quarantine.OF_AN_ORGANISATION, rows=3))
    for number in range(5):
        await sender.capture(number, clarity="great")

    kept = eyes.rows("SELECT capture_id FROM quarantine ORDER BY id")
    assert [row["capture_id"] for row in kept] == [f"cap_{1757423584 + number}" for number in (2, 3, 4)]


async def test_the_oldest_go_when_they_are_too_large(
    sender: Sender, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "OF_AN_ORGANISATION", replace(quarantine.OF_AN_ORGANISATION, bytes=2_500))
    for number in range(5):
        await sender.capture(number, clarity="great", note="x" * 600)

    assert eyes.count("quarantine") == 2


async def test_what_is_too_old_goes_in_every_organisation(
    sender: Sender, eyes: Eyes, runtime: Runtime, other: Tenant, owner_url: str
) -> None:
    async with runtime.database.unit_of_work(await other.admin.actor()) as uow:
        await devices.register_device(uow, "dev-0002")
    await sender.capture(1, clarity="great")
    await sender.capture(2, clarity="great", device_code="dev-0002")
    await sender.client.post("/ingest/webhook", content=b"{}")
    await sender.capture(3, clarity="great")
    with psycopg.connect(owner_url) as session:
        session.execute(
            "UPDATE quarantine SET created_at = %s WHERE capture_id IS DISTINCT FROM 'cap_1757423587'",
            (utc_now() - timedelta(days=31),),
        )

    async with runtime.database.unit_of_work(Actor.system()) as uow:
        assert await service.expire_quarantine(uow) == 3
    assert eyes.one("SELECT capture_id FROM quarantine")["capture_id"] == "cap_1757423587"
