"""Lists of animals: every row's fate before anything is written, the import itself, and the way back."""

import io
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import psycopg
import pytest

from backend.core.paging import encode_cursor
from backend.core.runtime import Runtime
from backend.imports import repository
from backend.imports.service import EXPORT_HEAD
from backend.sheets.writing import table_bytes
from jobs.bench import Bench
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem
from tests.support.scan_factory import ScanFactory
from tests.support.sheets import IMPORTS, draft, fates, run, send, undo

ANIMALS = "/api/v1/animals"
LIST = """Tag;EID;Sex;DOB;Breed;Pen;Colour
0417;982000123456789;steer;2025-03-04;Angus;North pen;black
0418;;heifer;5.3.2025;Angus;;red
0417;;steer;;;;
0419;;ox;31/31/2025;;;
;;;;;;only a colour
"""


async def herd(browser: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    found = (await browser.get(ANIMALS, params={"limit": 100})).json()["items"]
    return {animal["tag_id"]: animal for animal in found}


async def add(browser: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    answer = await browser.post(ANIMALS, json={name: str(value) for name, value in given.items()})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_dry_run_shows_every_rows_fate_and_writes_nothing(technician: httpx.AsyncClient, acme: Tenant) -> None:
    told = await draft(technician, LIST, farm_id=acme.farm_ids[0])
    assert told["counts"] == {"new": 2, "doubled": 1, "refused": 2}
    assert (told["status"], told["to_import"], told["written_as"]) == (
        "draft",
        2,
        "CSV, UTF-8, separated by semicolons",
    )
    assert told["columns"]["ignored"] == ["Colour"]
    assert {"head": "EID", "is": "RFID"} in told["columns"]["used"]
    rows = await fates(technician, told["id"])
    assert [(row["number"], row["fate"]) for row in rows] == [
        (2, "new"),
        (3, "new"),
        (4, "doubled"),
        (5, "refused"),
        (6, "refused"),
    ]
    assert rows[0]["changes"]["birth_date"] == [None, "2025-03-04"]
    assert rows[2]["reason"] == "The same animal as row 2."
    assert rows[3]["reason"] == "Birth date 31/31/2025 is no day of any calendar; write 2026-04-03."
    assert rows[4]["reason"] == "Has neither a tag nor an RFID."
    assert [row["number"] for row in await fates(technician, told["id"], fate="refused")] == [5, 6]
    assert await herd(technician) == {}
    assert (await technician.get(IMPORTS)).json()["items"][0]["id"] == told["id"]


async def test_an_import_is_one_request_and_is_undone_as_one(
    technician: httpx.AsyncClient, bench: Bench, acme: Tenant, superuser_url: str
) -> None:
    await add(technician, tag_id="0418", farm_id=acme.farm_ids[0], sex="cow", breed="Hereford")
    told = await draft(technician, LIST, farm_id=acme.farm_ids[0])
    assert told["counts"] == {"new": 1, "changed": 1, "doubled": 1, "refused": 2}
    task = await run(technician, bench, told["id"])
    assert task["result"] == {"words": "Imported 2 rows"}
    after = await herd(technician)
    assert after["0417"]["group_name"] == "North pen"
    assert (after["0417"]["rfid"], after["0417"]["sex"]) == ("982000123456789", "steer")
    assert (after["0418"]["sex"], after["0418"]["breed"], after["0418"]["birth_date"]) == (
        "heifer",
        "Angus",
        "2025-03-05",
    )
    problem(await technician.post(f"{IMPORTS}/{told['id']}/start"), 409, "import_not_draft")
    with psycopg.connect(superuser_url) as session:
        query = "SELECT DISTINCT request_id FROM audit_log WHERE action IN ('animals.imported', 'task.started')"
        assert len(session.execute(query).fetchall()) == 1

    taken_back = await undo(technician, bench, task["id"])
    assert taken_back["result"] == {"words": "Took back 2 rows"}
    before = await herd(technician)
    assert set(before) == {"0418"}
    assert (before["0418"]["sex"], before["0418"]["breed"], before["0418"]["birth_date"]) == ("cow", "Hereford", None)
    assert (await technician.get(f"{IMPORTS}/{told['id']}")).json()["status"] == "undone"


async def test_what_is_in_use_since_stays_when_an_import_is_undone(
    technician: httpx.AsyncClient, bench: Bench, acme: Tenant, runtime: Runtime
) -> None:
    farm_id = acme.farm_ids[0]
    told = await draft(technician, "Tag,Sex\nscanned,bull\nedited,bull\nweighed,bull\nunused,bull\n", farm_id=farm_id)
    task = await run(technician, bench, told["id"])
    made = await herd(technician)
    await ScanFactory(runtime, acme.org_id).scan(animal_id=made["scanned"]["id"], farm_id=farm_id)
    await technician.patch(f"{ANIMALS}/{made['edited']['id']}", json={"breed": "Angus"})
    weight = {"kg": 512, "weighed_on": "2026-03-09"}
    assert (await technician.post(f"{ANIMALS}/{made['weighed']['id']}/weights", json=weight)).status_code < 300
    taken_back = await undo(technician, bench, task["id"])
    assert taken_back["result"] == {"words": "Took back 1 row; 3 in use since were left as they are"}
    assert set(await herd(technician)) == {"scanned", "edited", "weighed"}
    outcomes = {row["given"]["tag_id"]: row["outcome"] for row in await fates(technician, told["id"])}
    assert outcomes == {"scanned": "kept", "edited": "kept", "weighed": "kept", "unused": "undone"}


async def test_a_tag_given_away_since_costs_its_own_row_alone(
    technician: httpx.AsyncClient, bench: Bench, acme: Tenant
) -> None:
    farm_id = acme.farm_ids[0]
    for tag in ("1", "2"):
        await add(technician, tag_id=tag, farm_id=farm_id)
    told = await draft(technician, "Tag,RFID\n1,r1\n2,r2\n3,\n4,\n", farm_id=farm_id)
    await add(technician, tag_id="3", farm_id=farm_id)
    await add(technician, tag_id="other", farm_id=farm_id, rfid="r2")
    task = await run(technician, bench, told["id"])
    assert (task["done"], task["failed"]) == (2, 2)
    assert task["result"] == {"words": "Imported 2 rows, 2 could not be imported"}
    refused = [row for row in await fates(technician, told["id"]) if row["outcome"] == "refused"]
    assert [row["given"]["tag_id"] for row in refused] == ["2", "3"]
    assert all("given to another animal since" in row["reason"] for row in refused)


async def test_animals_are_recognised_by_transponder_then_by_tag(
    admin: httpx.AsyncClient, technician: httpx.AsyncClient, acme: Tenant
) -> None:
    near, far = acme.farm_ids
    await add(admin, tag_id="1", farm_id=near, rfid="r1")
    await add(admin, tag_id="2", farm_id=near)
    await add(admin, tag_id="9", farm_id=far, rfid="r9")
    sheet = "Tag,RFID\n1b,r1\n2,r2\n1,rx\n5,r9\n"
    told = await draft(technician, sheet, farm_id=near)
    rows = await fates(technician, told["id"])
    assert [row["fate"] for row in rows] == ["changed", "changed", "changed", "elsewhere"]
    assert rows[0]["changes"] == {"tag_id": ["1", "1b"]}
    assert "farm you do not see" in rows[3]["reason"]
    seen = await fates(admin, (await draft(admin, sheet, farm_id=near))["id"], fate="elsewhere")
    assert seen[0]["reason"] == "Tag 9 at acme farm 2 carries this transponder."
    (torn,) = await fates(admin, (await draft(admin, "Tag,RFID\n2,r1\n", farm_id=near))["id"])
    assert (torn["fate"], torn["reason"]) == (
        "refused",
        "The transponder belongs to tag 1, the tag 2 to another animal.",
    )


async def test_a_farm_column_places_each_row(
    admin: httpx.AsyncClient, technician: httpx.AsyncClient, acme: Tenant
) -> None:
    sheet = "Tag,Farm\n1,ACME farm 1\n2,acme farm 2\n3,other farm 1\n4,\n"
    told = await draft(admin, sheet)
    assert [row["fate"] for row in await fates(admin, told["id"])] == ["new", "new", "refused", "refused"]
    told = await draft(technician, sheet, farm_id=acme.farm_ids[0])
    rows = await fates(technician, told["id"])
    assert [row["fate"] for row in rows] == ["new", "refused", "refused", "new"]
    assert rows[1]["reason"] == rows[2]["reason"].replace("other farm 1", "acme farm 2")


async def test_a_hostile_file_is_text_and_nothing_else(
    technician: httpx.AsyncClient, bench: Bench, acme: Tenant
) -> None:
    cells = ['=HYPERLINK("http://evil.example")', "@SUM(1)", "'); DROP TABLE animals;--", "<script>alert(1)</script>"]
    sheet = table_bytes("csv", "x", ["Tag", "Breed"], [[cell[:60], cell] for cell in cells]) + b'"nul\x00",x\r\n'
    told = await draft(technician, sheet, farm_id=acme.farm_ids[0])
    assert told["counts"] == {"new": 4, "refused": 1}
    await run(technician, bench, told["id"])
    assert {animal["breed"] for animal in (await herd(technician)).values()} == set(cells)
    exported = await technician.get("/api/v1/herd/animals.csv")
    assert exported.headers["content-disposition"] == 'attachment; filename="animals.csv"'
    assert not any(cell.startswith(("=", "@")) for line in exported.text.splitlines() for cell in line.split(","))
    again = await draft(technician, exported.content)
    assert again["counts"] == {"same": 4}
    book = openpyxl.load_workbook(io.BytesIO((await technician.get("/api/v1/herd/animals.xlsx")).content))
    assert {cell.data_type for row in book.active.iter_rows(min_row=2) for cell in row if cell.value} <= {"s", "d"}


async def test_no_herd_is_changed_by_importing_its_own_export(admin: httpx.AsyncClient, acme: Tenant) -> None:
    farm_id = str(acme.farm_ids[0])
    group = (await admin.post("/api/v1/groups", json={"name": "Pen, 4", "farm_id": farm_id})).json()
    given = [
        {
            "tag_id": "0417",
            "rfid": "982000123456789",
            "sex": "steer",
            "birth_date": "2025-03-04",
            "group_id": group["id"],
        },
        {"tag_id": "=1", "breed": "Aberdeen; Angus", "status": "sold"},
        {"tag_id": "'x", "breed": "Šarolais"},
        {"tag_id": "12E5", "farm_id": str(acme.farm_ids[1])},
    ]
    for animal in given:
        answer = await admin.post(ANIMALS, json={"farm_id": farm_id, **animal})
        assert answer.status_code == 201, answer.text
    for form in ("csv", "xlsx"):
        exported = (await admin.get(f"/api/v1/herd/animals.{form}")).content
        assert (await draft(admin, exported, name=f"animals.{form}"))["counts"] == {"same": 4}
    only = await admin.get("/api/v1/herd/animals.csv", params={"group_id": group["id"]})
    assert only.text.count("\r\n") == 2
    assert only.text.lstrip("\ufeff").startswith(",".join(EXPORT_HEAD))


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "bad_table"),
        (b"%PDF-1.7", 415, "not_a_table"),
        (b"Name\nx\n", 422, "bad_table"),
        (b"PK\x03\x04x", 415, "not_a_table"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_in_words(
    technician: httpx.AsyncClient, acme: Tenant, data: bytes, status: int, code: str
) -> None:
    problem(await send(technician, data, farm_id=acme.farm_ids[0]), status, code)
    assert (await technician.get(IMPORTS)).json()["items"] == []


async def test_another_organisations_farms_and_files_are_not_there(
    technician: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant, other: Tenant
) -> None:
    problem(await send(technician, "Tag\n1\n", farm_id=other.farm_ids[0]), 404, "not_found")
    problem(await send(technician, "Tag\n1\n", farm_id=acme.farm_ids[1]), 404, "not_found")
    problem(await send(technician, "Tag\n1\n", farm_id="nonsense"), 422, "invalid")
    problem(await send(technician, "Tag\n1\n", kind="barn_sheet", scan_session_id=uuid4()), 404, "not_found")
    told = await draft(technician, "Tag\n1\n", farm_id=acme.farm_ids[0])
    for person in (other.admin, other.technician):
        stranger = await signed_in(person)
        problem(await stranger.get(f"{IMPORTS}/{told['id']}"), 404, "not_found")
        problem(await stranger.post(f"{IMPORTS}/{told['id']}/start"), 404, "not_found")
    admin = await signed_in(acme.admin)
    assert (await admin.get(f"{IMPORTS}/{told['id']}")).status_code == 200
    assert (await technician.delete(f"{IMPORTS}/{told['id']}")).status_code == 204
    problem(await technician.get(f"{IMPORTS}/{told['id']}"), 404, "not_found")


async def test_a_file_with_nothing_new_has_nothing_to_import(technician: httpx.AsyncClient, acme: Tenant) -> None:
    await add(technician, tag_id="1", farm_id=acme.farm_ids[0])
    told = await draft(technician, "Tag\n1\n", farm_id=acme.farm_ids[0])
    problem(await technician.post(f"{IMPORTS}/{told['id']}/start"), 409, "nothing_to_import")


async def test_a_hundred_thousand_rows_are_judged_a_thousand_at_a_time(
    technician: httpx.AsyncClient, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    keep = repository.add_rows

    async def count(uow: Any, import_id: Any, rows: list[Any]) -> None:
        sizes.append(len(rows))
        await keep(uow, import_id, rows)

    monkeypatch.setattr(repository, "add_rows", count)
    lines = "".join(f"{number:06},982{number:012},steer,2025-03-04\n" for number in range(100_000))
    told = await draft(technician, f"Tag,RFID,Sex,DOB\n{lines}", farm_id=acme.farm_ids[0])
    assert told["counts"] == {"new": 100_000}
    assert (max(sizes), sum(sizes)) == (1_000, 100_000)
    last = await technician.get(f"{IMPORTS}/{told['id']}/rows", params={"cursor": encode_cursor((100_000,))})
    assert [row["given"]["tag_id"] for row in last.json()["items"]] == ["099999"]


async def test_a_long_list_is_imported_in_batches(technician: httpx.AsyncClient, bench: Bench, acme: Tenant) -> None:
    lines = "".join(f"{number},steer\n" for number in range(1_234))
    told = await draft(technician, f"Tag,Sex\n{lines}", farm_id=acme.farm_ids[0])
    task = await run(technician, bench, told["id"])
    assert (task["done"], task["total"]) == (1_234, 1_234)
    assert (await technician.get("/api/v1/herd/animals.csv")).text.count("steer") == 1_234
    assert (await undo(technician, bench, task["id"]))["done"] == 1_234
    assert await herd(technician) == {}
