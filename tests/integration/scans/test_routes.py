"""The routes of scans over HTTP: what they answer, refuse and cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event, text

from backend.core.actor import Actor
from backend.core.database import Database
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

URL = "/api/v1/scans"


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent meanwhile."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def test_a_page_has_names_a_thumbnail_and_its_neighbours(
    technician: httpx.AsyncClient, acme: Tenant, acme_scans: ScanFactory
) -> None:
    device = await acme_scans.device("dev-1", label="Chute", farm_id=acme.farm_ids[0])
    keys = await acme_scans.scans([{"farm_id": acme.farm_ids[0], "device_id": device} for _ in range(4)])
    keys.append(await acme_scans.scan(farm_id=acme.farm_ids[0], device_id=device, thumb_key="processed/thumb.webp"))

    first = (await technician.get(URL, params={"limit": 2})).json()
    second = (await technician.get(URL, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    again = (await technician.get(URL, params={"limit": 2, "cursor": second["prev_cursor"]})).json()

    assert [item["id"] for item in first["items"] + second["items"]] == [str(key) for key in keys[:0:-1]]
    assert first["prev_cursor"] is None
    assert again["items"] == first["items"]
    row = first["items"][0]
    assert (row["farm_name"], row["device_code"], row["device_label"]) == ("acme farm 1", "dev-1", "Chute")
    assert row["thumb_url"].startswith("/files/")
    assert first["items"][1]["thumb_url"] is None


async def test_a_page_costs_the_same_statements_whatever_its_length(
    runtime: Runtime, technician: httpx.AsyncClient, acme: Tenant, acme_scans: ScanFactory
) -> None:
    animal = await acme_scans.animal("4127", acme.farm_ids[0])
    await acme_scans.scans(
        [{"farm_id": acme.farm_ids[0], "animal_id": animal, "thumb_key": f"processed/{n}.webp"} for n in range(30)]
    )
    costs = {}
    for limit in (1, 30):
        with counted(runtime.database) as sent:
            answer = await technician.get(URL, params={"limit": limit})
        assert len(answer.json()["items"]) == limit
        costs[limit] = len([statement for statement in sent if "scan" in statement])
    assert costs == {1: 2, 30: 2}, sent


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"stauts": "graded"}, "stauts"),
        ({"status": "lost"}, "status"),
        ({"farm_id": "north"}, "farm_id"),
        ({"limit": "101"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"captured_from": "yesterday"}, "captured_from"),
        ({"captured_from": "2026-01-01T00:00:00"}, "captured_from"),
        ({"captured_from": "2026-01-02T00:00:00Z", "captured_to": "2026-01-01T00:00:00Z"}, "query"),
        ({"q": "a\0b"}, "q"),
        ({"q": ""}, "q"),
        ({"sort": "label"}, "sort"),
        ({"cursor": "bm9uc2Vuc2U"}, "cursor"),
        ({"sort": "-created_at"}, "sort"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused_by_name(
    technician: httpx.AsyncClient, query: dict[str, str], path: str
) -> None:
    answer = await technician.get(URL, params=query)
    assert answer.status_code == 422, answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [path]


async def test_a_cursor_of_one_clock_does_not_fit_the_other(admin: httpx.AsyncClient, acme_scans: ScanFactory) -> None:
    await acme_scans.scans([{}, {}])
    cursor = (await admin.get(URL, params={"limit": 1})).json()["next_cursor"]
    answer = await admin.get(URL, params={"limit": 1, "sort": "-created_at", "cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "cursor")


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_dates_at_the_ends_of_time_are_dates(admin: httpx.AsyncClient, instant: str) -> None:
    for name in ("captured_from", "captured_to"):
        answer = await admin.get(URL, params={name: instant})
        assert answer.status_code == 200, answer.text


async def test_counts_and_totals_without_counting(
    runtime: Runtime, admin: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, acme_scans: ScanFactory
) -> None:
    here, there = acme.farm_ids
    made = [("graded", "accepted", here), ("graded", "unreviewed", here), ("error", "unreviewed", there)]
    await acme_scans.scans([dict(zip(("status", "review", "farm_id"), values, strict=True)) for values in made])
    farmer = await signed_in(acme.farmer)

    assert (await admin.get(f"{URL}/count")).json() == {"n": 3, "more": False, "about": None}
    assert (await admin.get(f"{URL}/count", params={"status": "graded", "farm_id": str(here)})).json()["n"] == 2
    assert (await admin.get(f"{URL}/count", params={"q": "cap_"})).json()["n"] == 3
    assert (await farmer.get(f"{URL}/count")).json() == {"n": 1, "more": False, "about": None}
    assert (await admin.get(f"{URL}/totals")).json() == {
        "total": 3,
        "by_status": {"graded": 2, "error": 1},
        "by_review": {"accepted": 1, "unreviewed": 2},
        "unreviewed_graded": 1,
    }
    assert (await farmer.get(f"{URL}/totals")).json()["total"] == 1
    async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await uow.session.execute(text("SELECT fold_scan_totals()"))
    assert (await admin.get(f"{URL}/totals")).json()["total"] == 3


async def test_a_scan_is_read_with_its_version_and_changed_only_as_it_was_read(
    technician: httpx.AsyncClient, acme: Tenant, acme_scans: ScanFactory
) -> None:
    url = f"{URL}/{await acme_scans.scan(farm_id=acme.farm_ids[0])}"
    etag = (await technician.get(url)).headers["ETag"]

    changed = await technician.patch(url, json={"label": "pen 7"}, headers={"If-Match": etag})
    stale = await technician.patch(url, json={"label": "pen 8"}, headers={"If-Match": etag})
    blind = await technician.patch(url, json={"clarity": "good"}, headers={"If-Match": "*"})

    assert (changed.status_code, changed.json()["label"]) == (200, "pen 7")
    assert changed.headers["ETag"] != etag
    assert (stale.status_code, stale.json()["code"]) == (412, "scan_changed")
    assert (blind.json()["label"], blind.json()["clarity"]) == ("pen 7", "good")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"status": "graded"}),
        ("PATCH", "", {"label": ""}),
        ("PATCH", "", {"label": "a\nb"}),
        ("PATCH", "", {"clarity": "superb"}),
        ("POST", "/validate", {"review": "fine"}),
        ("POST", "/validate", {"review": "accepted", "reason": "x" * 501}),
        ("POST", "/note", {"text": "  "}),
        ("POST", "/note", {"text": "a\0"}),
        ("POST", "/link-animal", {}),
        ("POST", "/assign", {"farm": "x"}),
    ],
)
async def test_a_body_that_is_wrong_is_refused(
    technician: httpx.AsyncClient, acme: Tenant, acme_scans: ScanFactory, method: str, path: str, body: dict[str, str]
) -> None:
    url = f"{URL}/{await acme_scans.scan(farm_id=acme.farm_ids[0])}{path}"
    answer = await technician.request(method, url, json=body)
    assert answer.status_code == 422, answer.text


async def test_acts_answer_with_the_scan_as_it_is_now(
    technician: httpx.AsyncClient, admin: httpx.AsyncClient, acme: Tenant, acme_scans: ScanFactory
) -> None:
    farm_id = acme.farm_ids[0]
    animal = await acme_scans.animal("4127", farm_id)
    url = f"{URL}/{await acme_scans.scan(farm_id=farm_id, status='error', last_error='the image is cut off')}"

    judged = (await technician.post(f"{url}/validate", json={"review": "marginal", "reason": "tilted"})).json()
    linked = (await technician.post(f"{url}/link-animal", json={"animal_id": str(animal)})).json()
    noted = (await technician.post(f"{url}/note", json={"text": "left side"})).json()
    moved = (await technician.post(f"{url}/assign", json={"farm_id": str(farm_id)})).json()
    retried = await admin.post(f"{url}/retry")
    again = await admin.post(f"{url}/retry")
    gone = await admin.delete(url)

    assert (judged["review"], linked["animal_tag"], moved["farm_id"]) == ("marginal", "4127", str(farm_id))
    assert [line["event"] for line in noted["events"]] == ["reviewed", "animal_linked", "note"]
    assert (retried.status_code, again.status_code) == (202, 409)
    assert (gone.status_code, gone.json()["objects"]) == (200, 0)
    assert (await admin.get(url)).status_code == 404


async def test_a_mask_is_reached_by_a_signed_link(
    technician: httpx.AsyncClient, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    await acme_scans.file(scan_id, "mask", "raw/mask.png")
    found = await technician.get(f"{URL}/{scan_id}/mask/ribeye")
    assert (found.status_code, found.headers["Location"].split("?")[0]) == (307, "/files/cti-local/raw/mask.png")
    assert (await technician.get(f"{URL}/{scan_id}/mask/backfat")).status_code == 404
    assert (await technician.get(f"{URL}/{scan_id}/mask/tail")).status_code == 422
    assert (await technician.get(f"{URL}/{uuid4()}/mask/ribeye")).status_code == 404


READS = ("", "/mask/ribeye")
WRITES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "change": ("PATCH", "", {"label": "x"}),
    "validate": ("POST", "/validate", {"review": "accepted"}),
    "link-animal": ("POST", "/link-animal", {"animal_id": None}),
    "note": ("POST", "/note", {"text": "x"}),
    "assign": ("POST", "/assign", {}),
    "retry": ("POST", "/retry", None),
    "delete": ("DELETE", "", None),
}


async def test_nobody_reaches_a_scan_out_of_their_sight(
    signed_in: SignedIn, acme: Tenant, other: Tenant, acme_scans: ScanFactory, other_scans: ScanFactory
) -> None:
    """Two organisations, every role, every route: foreign, out of scope and missing are one answer."""
    unseen: dict[str, list[UUID]] = {}
    foreign = await other_scans.scan(farm_id=other.farm_ids[0], review="accepted", status="error")
    elsewhere = await acme_scans.scan(farm_id=acme.farm_ids[1], review="accepted", status="error")
    unjudged = await acme_scans.scan(farm_id=acme.farm_ids[0], status="error")
    for key, factory in ((foreign, other_scans), (elsewhere, acme_scans), (unjudged, acme_scans)):
        await factory.file(key, "mask", f"raw/{key}.png")
    unseen = {"admin": [foreign], "technician": [foreign, elsewhere], "farmer": [foreign, elsewhere, unjudged]}
    allowed = {"admin": set(WRITES), "technician": set(WRITES) - {"retry", "delete"}, "farmer": set()}
    for role, person in acme.people.items():
        browser = await signed_in(person)
        for key in [*unseen[role], uuid4()]:
            for path in READS:
                assert (await browser.get(f"{URL}/{key}{path}")).status_code == 404, (role, path)
            for name, (method, path, body) in WRITES.items():
                answer = await browser.request(method, f"{URL}/{key}{path}", json=body)
                assert answer.status_code == (404 if name in allowed[role] else 403), (role, name, answer.text)
        shown = {item["id"] for item in (await browser.get(URL)).json()["items"]}
        assert shown.isdisjoint(str(key) for key in unseen[role])


async def test_without_signing_in_there_is_nothing(browser: httpx.AsyncClient, acme_scans: ScanFactory) -> None:
    scan_id = await acme_scans.scan()
    for path in ("", "/count", "/totals", f"/{scan_id}", f"/{scan_id}/mask/ribeye"):
        assert (await browser.get(f"{URL}{path}")).status_code == 401
