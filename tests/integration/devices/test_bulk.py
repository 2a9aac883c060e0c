"""Many devices from one list: tried first, then registered together or not at all; and the sticker of one."""

import csv
import io
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.devices.bulk import NewKey, _cells, keys_csv
from backend.devices.sticker import draw
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem

URL = "/api/v1/devices/bulk"
LIST = "code;label;farm\nbarn-1;North barn;acme farm 1\nbarn-2;;ACME Farm 2\n\nbarn-3\n"


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def test_a_list_is_tried_and_then_registered_with_keys_that_open(admin: httpx.AsyncClient, acme: Tenant) -> None:
    tried = (await admin.post(f"{URL}/check", json={"text": LIST})).json()
    assert [(line["number"], line["code"], line["problem"]) for line in tried] == [
        (2, "barn-1", ""),
        (3, "barn-2", ""),
        (5, "barn-3", ""),
    ]
    assert [line["farm_id"] for line in tried] == [str(acme.farm_ids[0]), str(acme.farm_ids[1]), None]
    assert (await admin.get("/api/v1/devices")).json()["items"] == []
    made = await admin.post(URL, json={"text": LIST})
    assert made.status_code == 201
    assert len({device["key"] for device in made.json()}) == 3
    again = problem(await admin.post(URL, json={"text": LIST}), 422, "bulk_refused")
    assert [error["path"] for error in again["errors"]] == ["lines.2", "lines.3", "lines.5"]
    assert {error["message"] for error in again["errors"]} == {"is registered already"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b,nowhere", "there is no farm of this name"),
        ("no spaces please", "must be 1 to 255"),
        ("twice\ntwice", "stands in the list twice"),
        (f"a,{'x' * 256}", "at most 255"),
        (",label only", "must be 1 to 255"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_line_and_nothing_is_registered(
    admin: httpx.AsyncClient, text: str, says: str
) -> None:
    tried = (await admin.post(f"{URL}/check", json={"text": f"fine\n{text}"})).json()
    assert says in tried[-1]["problem"]
    assert problem(await admin.post(URL, json={"text": f"fine\n{text}"}), 422, "bulk_refused")
    assert (await admin.get("/api/v1/devices")).json()["items"] == []


@pytest.mark.parametrize("text", ["\n\n", "x\n" * 501, "code\n"])
async def test_what_is_no_list_is_refused(admin: httpx.AsyncClient, text: str) -> None:
    assert (
        "1 to 500 lines"
        in problem(await admin.post(f"{URL}/check", json={"text": text}), 422, "invalid")["errors"][0]["message"]
    )


async def test_a_code_of_another_organisation_is_taken_and_its_farms_are_unknown(
    admin: httpx.AsyncClient, signed_in: SignedIn, other: Tenant
) -> None:
    await (await signed_in(other.admin)).post("/api/v1/devices", json={"code": "theirs"})
    tried = (await admin.post(f"{URL}/check", json={"text": "theirs\nmine,,other farm 1"})).json()
    assert [line["problem"] for line in tried] == ["is registered already", "there is no farm of this name"]


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=8), st.sampled_from("\t;,"))
def test_whatever_is_pasted_is_read_as_lines(rows: list[tuple[str, str, str]], mark: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows(rows)
    with suppress(Invalid):
        found = list(_cells(out.getvalue()))
        assert all("\n" not in cell for _, *cells in found for cell in cells)


def test_the_file_of_keys_is_no_program_for_a_spreadsheet() -> None:
    text = keys_csv([NewKey("barn-1", "=HYPERLINK()", "@home", "cti_dev_x")])
    assert list(csv.reader(io.StringIO(text)))[1] == ["barn-1", "'=HYPERLINK()", "'@home", "cti_dev_x"]


async def test_a_sticker_leads_to_the_device_and_holds_no_secret(admin: httpx.AsyncClient, acme: Tenant) -> None:
    made = (await admin.post("/api/v1/devices", json={"code": "barn-1", "label": "<b>North</b>"})).json()
    sheet = await admin.get(f"/api/v1/devices/{made['id']}/sticker")
    assert f"http://localhost:3000/admin/devices/{made['id']}" in sheet.text
    assert "&lt;b&gt;North&lt;/b&gt;" in sheet.text
    assert made["key"] not in sheet.text
    assert "style-src 'sha256-" in sheet.headers["content-security-policy"]
    assert "style=" not in draw("code", "label", "http://x")
