"""Scanning days over HTTP: the sheet in and out, matching by hand and by itself, what is missing, and whose it is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.scan_sessions.service import completeness
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem
from tests.support.scan_factory import ScanFactory
from tests.support.sheets import draft, fates

SESSIONS = "/api/v1/scan-sessions"
DAY = date(2026, 10, 5)
SHEET = """Chute order,Tag,EID,Tattoo,Sex,DOB,Scan weight,Weight date,Group code,Diet code,Remarks
1,0417,r1,T1,steer,2025-03-04,"1,130 lb",2026-10-01,A,D2,calm
2,0418,r2,,steer,2025-03-04,512,2026-09-01,A,D2,
3,0419,,,heifer,,498 kg,2026-10-05,A,,
4,0417,,,,,,,,,
"""


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)


async def begin(browser: httpx.AsyncClient, farm_id: UUID, **given: Any) -> dict[str, Any]:
    answer = await browser.post(SESSIONS, json={"farm_id": str(farm_id), "held_on": str(DAY), **given})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def with_sheet(browser: httpx.AsyncClient, farm_id: UUID, sheet: str = SHEET) -> dict[str, Any]:
    session = await begin(browser, farm_id)
    read = await draft(browser, sheet, kind="barn_sheet", scan_session_id=session["id"])
    assert (await browser.post(f"/api/v1/imports/{read['id']}/put")).status_code == 200
    return await show(browser, session["id"])


async def show(browser: httpx.AsyncClient, session_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get(f"{SESSIONS}/{session_id}")).json()
    return found


def at(minute: int, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, 16, minute, tzinfo=UTC)


async def test_a_barn_sheet_is_shown_before_it_is_put_into_the_session(
    technician: httpx.AsyncClient, acme: Tenant
) -> None:
    session = await begin(technician, acme.farm_ids[0])
    assert session["name"] == "acme farm 1 5 Oct 2026"
    read = await draft(technician, SHEET, kind="barn_sheet", scan_session_id=session["id"])
    assert read["counts"] == {"new": 3, "doubled": 1}
    rows = await fates(technician, read["id"])
    assert rows[0]["changes"]["weight_kg"] == [None, 512.6]
    assert rows[1]["reason"] == "Joins the herd with the sheet; The weight is over 7 days from the session."
    assert (await show(technician, session["id"]))["lines"] == []

    put = await technician.post(f"/api/v1/imports/{read['id']}/put")
    assert (put.status_code, put.json()) == (200, {"matched": 3})
    whole = await show(technician, session["id"])
    assert [(line["position"], line["tag_id"], line["tattoo"]) for line in whole["lines"]] == [
        (1, "0417", "T1"),
        (2, "0418", None),
        (3, "0419", None),
    ]
    assert [line["warnings"] for line in whole["lines"]] == [[], ["Weighed 34 days from the scan"], []]
    animal = (await technician.get(f"/api/v1/animals/{whole['lines'][2]['animal_id']}")).json()
    assert (animal["tag_id"], animal["sex"], animal["farm_name"]) == ("0419", "heifer", "acme farm 1")
    weights = (await technician.get(f"/api/v1/animals/{whole['lines'][0]['animal_id']}/weights")).json()
    assert [(one["kg"], one["weighed_on"]) for one in weights] == [(512.6, "2026-10-01")]
    problem(await technician.post(f"/api/v1/imports/{read['id']}/put"), 409, "import_not_draft")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_sheet_that_is_exported_and_imported_again_changes_nothing(
    technician: httpx.AsyncClient, acme: Tenant, form: str
) -> None:
    session = await with_sheet(technician, acme.farm_ids[0])
    exported = await technician.get(f"{SESSIONS}/{session['id']}/sheet.{form}")
    again = await draft(technician, exported.content, kind="barn_sheet", scan_session_id=session["id"])
    assert again["counts"] == {"same": 3}
    changed = exported.content.replace(b"calm", b"wild") if form == "csv" else exported.content
    read = await draft(technician, changed, kind="barn_sheet", scan_session_id=session["id"])
    assert read["counts"] == ({"same": 2, "changed": 1} if form == "csv" else {"same": 3})


async def test_captures_find_their_animals_and_the_rest_is_told(
    technician: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    farm_id, factory = acme.farm_ids[0], ScanFactory(runtime, acme.org_id)
    session = await with_sheet(technician, farm_id)
    by_rfid = await factory.scan(farm_id=farm_id, captured_at=at(1), meta={"animal_rfid": "r1"})
    nameless = await factory.scan(farm_id=farm_id, captured_at=at(2))
    by_tag = await factory.scan(farm_id=farm_id, captured_at=at(3), meta={"animal_tag": "0419"})
    surplus = await factory.scan(farm_id=farm_id, captured_at=at(4))
    await factory.scan(farm_id=farm_id, captured_at=at(1, DAY + timedelta(days=2)))
    await factory.scan(farm_id=acme.farm_ids[1], captured_at=at(5))
    before = await show(technician, session["id"])
    assert [capture["id"] for capture in before["captures"]] == [
        str(one) for one in (by_rfid, nameless, by_tag, surplus)
    ]
    assert before["completeness"] == "0 of 3 animals have an image; 3 missing, 4 captures without an animal."

    matched = await technician.post(f"{SESSIONS}/{session['id']}/auto-match")
    assert matched.json() == {"matched": 3}
    after = await show(technician, session["id"])
    assert [capture["how"] for capture in after["captures"]] == ["rfid", "order", "tag", None]
    assert after["completeness"] == "3 of 3 animals have an image; 1 capture without an animal."
    shown = (await technician.get(f"/api/v1/scans/{nameless}")).json()
    assert shown["animal_tag"] == "0418"
    listed = (await technician.get(SESSIONS)).json()["items"]
    assert [(row["animals"], row["with_image"]) for row in listed] == [(3, 3)]


async def test_a_match_by_hand_takes_the_place_of_another_and_is_taken_off(
    technician: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    farm_id, factory = acme.farm_ids[0], ScanFactory(runtime, acme.org_id)
    session = await with_sheet(technician, farm_id)
    scan_id = str(await factory.scan(farm_id=farm_id, captured_at=at(1)))
    where = f"{SESSIONS}/{session['id']}"
    for line in session["lines"][:2]:
        answer = await technician.post(f"{where}/match", json={"scan_id": scan_id, "line_id": line["id"]})
        assert answer.status_code == 204, answer.text
    found = await show(technician, session["id"])
    assert [line["scan_ids"] for line in found["lines"]] == [[], [scan_id], []]
    assert (await technician.get(f"/api/v1/scans/{scan_id}")).json()["animal_tag"] == "0418"
    assert (await technician.post(f"{where}/unmatch", json={"scan_id": scan_id})).status_code == 204
    assert (await technician.post(f"{where}/unmatch", json={"scan_id": scan_id})).status_code == 204
    assert (await technician.get(f"/api/v1/scans/{scan_id}")).json()["animal_tag"] is None


async def test_lines_are_added_in_the_chute_and_taken_off(technician: httpx.AsyncClient, acme: Tenant) -> None:
    session = await begin(technician, acme.farm_ids[0], name="Morning", until=str(DAY + timedelta(days=1)))
    where = f"{SESSIONS}/{session['id']}"
    for given in ({"tag_id": "1"}, {"rfid": "r2", "remarks": "limps"}):
        assert (await technician.post(f"{where}/lines", json=given)).status_code == 201
    problem(await technician.post(f"{where}/lines", json={"remarks": "who?"}), 422, "invalid")
    found = await show(technician, session["id"])
    assert [(line["position"], line["tag_id"], line["rfid"]) for line in found["lines"]] == [
        (1, "1", None),
        (2, None, "r2"),
    ]
    assert (await technician.delete(f"{where}/lines/{found['lines'][0]['id']}")).status_code == 204
    problem(await technician.delete(f"{where}/lines/{uuid4()}"), 404, "not_found")
    assert len((await show(technician, session["id"]))["lines"]) == 1


async def test_a_session_of_too_many_days_is_warned_of(
    technician: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    farm_id, factory = acme.farm_ids[0], ScanFactory(runtime, acme.org_id)
    session = await with_sheet(technician, farm_id)
    where = f"{SESSIONS}/{session['id']}"
    last = str(DAY + timedelta(days=4))
    assert (await technician.patch(where, json={"until": last, "name": "Week"})).json()["name"] == "Week"
    for minute, (day, rfid) in enumerate([(DAY, "r1"), (DAY + timedelta(days=4), "r2")]):
        await factory.scan(farm_id=farm_id, captured_at=at(minute, day), meta={"animal_rfid": rfid})
    await technician.post(f"{where}/auto-match")
    told = (await show(technician, session["id"]))["warnings"]
    assert told == ["The captures span 5 days; a session should be whole within 3."]
    assert (await technician.patch(where, json={"span_days": 7})).json()["warnings"] == []
    problem(await technician.patch(where, json={"until": str(DAY - timedelta(days=1))}), 422, "invalid")


async def test_a_closed_session_is_only_looked_at(technician: httpx.AsyncClient, acme: Tenant) -> None:
    session = await with_sheet(technician, acme.farm_ids[0])
    where = f"{SESSIONS}/{session['id']}"
    assert (await technician.patch(where, json={"status": "closed"})).json()["status"] == "closed"
    problem(await technician.post(f"{where}/auto-match"), 409, "session_closed")
    problem(await technician.post(f"{where}/lines", json={"tag_id": "9"}), 409, "session_closed")
    await technician.patch(where, json={"status": "open"})
    assert (await technician.post(f"{where}/lines", json={"tag_id": "9"})).status_code == 201
    assert (await technician.delete(where)).status_code == 204
    problem(await technician.get(where), 404, "not_found")


async def test_another_farms_sessions_and_scans_are_not_there(
    technician: httpx.AsyncClient, signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
) -> None:
    admin = await signed_in(acme.admin)
    far = await begin(admin, acme.farm_ids[1])
    problem(await technician.get(f"{SESSIONS}/{far['id']}"), 404, "not_found")
    problem(
        await technician.post(SESSIONS, json={"farm_id": str(other.farm_ids[0]), "held_on": str(DAY)}), 404, "not_found"
    )
    session = await with_sheet(technician, acme.farm_ids[0])
    stranger = await signed_in(other.technician)
    problem(await stranger.get(f"{SESSIONS}/{session['id']}"), 404, "not_found")
    foreign = await ScanFactory(runtime, other.org_id).scan(farm_id=other.farm_ids[0], captured_at=at(1))
    wanted = {"scan_id": str(foreign), "line_id": session["lines"][0]["id"]}
    problem(await technician.post(f"{SESSIONS}/{session['id']}/match", json=wanted), 404, "not_found")
    farmer = await signed_in(acme.farmer)
    problem(await farmer.get(SESSIONS), 403, "forbidden")
    async with runtime.database.unit_of_work(Actor.system(other.org_id), read_only=True) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM session_captures")) == 0


async def test_the_list_is_turned_by_pages(technician: httpx.AsyncClient, acme: Tenant) -> None:
    for day in range(3):
        await begin(technician, acme.farm_ids[0], held_on=str(DAY + timedelta(days=day)), name=f"day {day}")

    async def page(**asked: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await technician.get(SESSIONS, params={"limit": 2, **asked})).json()
        return found

    first = await page()
    second = await page(cursor=first["next_cursor"])
    back = await page(cursor=second["prev_cursor"])
    assert [row["name"] for row in first["items"] + second["items"]] == ["day 2", "day 1", "day 0"]
    assert (second["next_cursor"], back["items"]) == (None, first["items"])
    problem(await technician.get(SESSIONS, params={"cursor": "nonsense"}), 422, "invalid")


@pytest.mark.parametrize(
    ("animals", "with_image", "surplus", "told"),
    [
        (0, 0, 0, "The sheet is empty."),
        (0, 0, 1, "The sheet is empty; 1 capture to be matched."),
        (1, 1, 0, "1 of 1 animal has an image: the session is whole."),
        (60, 58, 3, "58 of 60 animals have an image; 2 missing, 3 captures without an animal."),
    ],
)
def test_how_whole_a_session_is_stands_in_a_sentence(animals: int, with_image: int, surplus: int, told: str) -> None:
    assert completeness(animals, with_image, surplus) == told
