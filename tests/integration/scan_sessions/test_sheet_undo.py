"""A barn sheet that was put into a session is taken back out of it, save for what somebody works with by now."""

from typing import Any

import httpx
import pytest

from backend.core.runtime import Runtime
from backend.scan_sessions.sheet_undo import ANIMAL_STAYS
from tests.integration.scan_sessions.test_sessions import SESSIONS, SHEET, at, begin, show, with_sheet
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem
from tests.support.scan_factory import ScanFactory
from tests.support.sheets import draft, fates

IMPORTS = "/api/v1/imports"


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)


async def put(browser: httpx.AsyncClient, session_id: str, sheet: str) -> str:
    read = await draft(browser, sheet, kind="barn_sheet", scan_session_id=session_id)
    answer = await browser.post(f"{IMPORTS}/{read['id']}/put")
    assert answer.status_code == 200, answer.text
    return str(read["id"])


async def latest_import(browser: httpx.AsyncClient) -> str:
    return str((await browser.get(IMPORTS)).json()["items"][0]["id"])


async def take_back(browser: httpx.AsyncClient, import_id: str) -> dict[str, int]:
    answer = await browser.post(f"{IMPORTS}/{import_id}/take-back")
    assert answer.status_code == 200, answer.text
    body: dict[str, int] = answer.json()
    return body


async def animals(browser: httpx.AsyncClient) -> list[str]:
    return [one["tag_id"] for one in (await browser.get("/api/v1/animals")).json()["items"]]


async def weights(browser: httpx.AsyncClient, animal_id: str) -> list[tuple[float, str, str]]:
    found: list[dict[str, Any]] = (await browser.get(f"/api/v1/animals/{animal_id}/weights")).json()
    return [(one["kg"], one["weighed_on"], one["source"]) for one in found]


async def test_lines_weights_and_animals_that_it_brought_go(technician: httpx.AsyncClient, acme: Tenant) -> None:
    session = await with_sheet(technician, acme.farm_ids[0])
    assert await animals(technician) == ["0417", "0418", "0419"]
    import_id = await latest_import(technician)
    assert await take_back(technician, import_id) == {"undone": 3, "kept": 0}
    assert (await show(technician, session["id"]))["lines"] == []
    assert await animals(technician) == []
    assert [row["outcome"] for row in await fates(technician, import_id)] == ["undone", "undone", "undone", None]
    assert (await technician.get(f"{IMPORTS}/{import_id}")).json()["status"] == "undone"
    problem(await technician.post(f"{IMPORTS}/{import_id}/take-back"), 409, "import_not_done")


async def test_an_animal_that_was_there_stays_with_the_weight_it_had(
    technician: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    animal_id = str(await ScanFactory(runtime, acme.org_id).animal("0417", acme.farm_ids[0], rfid="r1"))
    own = {"kg": 505, "weighed_on": "2026-10-01"}
    await technician.post(f"/api/v1/animals/{animal_id}/weights", json=own)
    await with_sheet(technician, acme.farm_ids[0])
    assert await weights(technician, animal_id) == [(512.6, "2026-10-01", "import")]
    await take_back(technician, await latest_import(technician))
    assert await animals(technician) == ["0417"]
    assert await weights(technician, animal_id) == [(505, "2026-10-01", "person")]


async def test_a_second_sheet_is_taken_back_to_what_the_first_one_said(
    technician: httpx.AsyncClient, acme: Tenant
) -> None:
    session = await with_sheet(technician, acme.farm_ids[0])
    second = await put(technician, session["id"], SHEET.replace("calm", "wild").replace("1,130 lb", "520 kg"))
    changed = (await show(technician, session["id"]))["lines"][0]
    assert (changed["remarks"], changed["weight_kg"]) == ("wild", 520)
    assert await take_back(technician, second) == {"undone": 1, "kept": 0}
    lines = (await show(technician, session["id"]))["lines"]
    assert [line["remarks"] for line in lines] == ["calm", None, None]
    assert lines == session["lines"]
    assert await weights(technician, lines[0]["animal_id"]) == [(512.6, "2026-10-01", "import")]


async def test_a_line_with_a_capture_and_a_line_changed_since_stay(
    technician: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    session = await with_sheet(technician, acme.farm_ids[0])
    first = await latest_import(technician)
    await ScanFactory(runtime, acme.org_id).scan(
        farm_id=acme.farm_ids[0], captured_at=at(1), meta={"animal_rfid": "r1"}
    )
    await technician.post(f"{SESSIONS}/{session['id']}/auto-match")
    await put(technician, session["id"], "Tag,EID,Remarks\n0418,r2,limps\n")
    assert await take_back(technician, first) == {"undone": 1, "kept": 2}
    lines = (await show(technician, session["id"]))["lines"]
    assert [line["tag_id"] for line in lines] == ["0417", "0418"]
    outcomes = [row["outcome"] for row in await fates(technician, first)]
    assert outcomes == ["kept", "kept", "undone", None]


async def test_an_animal_weighed_since_stays_in_the_herd_when_its_line_goes(
    technician: httpx.AsyncClient, acme: Tenant
) -> None:
    session = await with_sheet(technician, acme.farm_ids[0])
    animal_id = session["lines"][2]["animal_id"]
    own = {"kg": 530, "weighed_on": "2026-10-20"}
    await technician.post(f"/api/v1/animals/{animal_id}/weights", json=own)
    import_id = await latest_import(technician)
    assert await take_back(technician, import_id) == {"undone": 3, "kept": 0}
    assert await animals(technician) == ["0419"]
    assert await weights(technician, animal_id) == [(530, "2026-10-20", "person")]
    assert (await fates(technician, import_id))[2]["reason"] == ANIMAL_STAYS


async def test_a_closed_session_a_list_of_animals_and_a_strangers_sheet_are_not_taken_back(
    technician: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant
) -> None:
    session = await with_sheet(technician, acme.farm_ids[0])
    sheet = await latest_import(technician)
    for person in (other.technician, other.admin):
        problem(await (await signed_in(person)).post(f"{IMPORTS}/{sheet}/take-back"), 404, "not_found")
    problem(await (await signed_in(acme.farmer)).post(f"{IMPORTS}/{sheet}/take-back"), 403, "forbidden")
    await technician.patch(f"{SESSIONS}/{session['id']}", json={"status": "closed"})
    problem(await technician.post(f"{IMPORTS}/{sheet}/take-back"), 409, "session_closed")
    listed = await draft(technician, "Tag\n1\n", farm_id=acme.farm_ids[0])
    problem(await technician.post(f"{IMPORTS}/{listed['id']}/take-back"), 422, "invalid")


async def test_a_draft_is_not_taken_back(technician: httpx.AsyncClient, acme: Tenant) -> None:
    session = await begin(technician, acme.farm_ids[0])
    read = await draft(technician, SHEET, kind="barn_sheet", scan_session_id=session["id"])
    problem(await technician.post(f"{IMPORTS}/{read['id']}/take-back"), 409, "import_not_done")
