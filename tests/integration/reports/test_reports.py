"""Reports: what is printed, for whom, in which units, and by mail to an address."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import psycopg
import pypdfium2
import pytest
from sqlalchemy import text
from weasyprint.urls import FatalURLFetchingError

from backend.core import mail
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.limiter import Limit
from backend.core.runtime import Runtime
from backend.herd.service import record_weight
from backend.reports import service
from backend.reports.printing import to_pdf
from jobs.bench import Bench
from tests.plugins.people import SignedIn
from tests.support.herd_scans import growing
from tests.support.people import Tenant
from tests.support.postbox import Postbox, body, serving
from tests.support.problems import problem
from tests.support.scan_factory import ScanFactory
from tests.support.sheets import finished

TAGS = ["0417", "0418", "0419", "0420", "0421", "0422"]


def words_of(pdf: bytes) -> list[str]:
    """The text of each page, as one line."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    document.close()
    return pages


def size_mm(pdf: bytes) -> tuple[int, int]:
    document = pypdfium2.PdfDocument(pdf)
    width, height = document[0].get_size()
    document.close()
    return round(width * 25.4 / 72), round(height * 25.4 / 72)


@pytest.fixture
async def farmer(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.farmer)


async def test_an_animal_stands_on_one_page_with_its_numbers(
    farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], TAGS, rfid=None, breed="Angus")
    answer = await farmer.get(f"/api/v1/animals/{herd['0417']}/report.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="tag-0417.pdf"'
    (page,) = words_of(answer.content)
    for told in (
        *("Animal report", "Tag 0417", "Acme", "acme farm 1", "Breed Angus", "Group North pen"),
        *("80.0 ±3.1 cm²", "7.0 ±0.9 mm", "YG 2 2.7 ±0.4", "dressing 62 %, KPH 2.5 %, 372 kg carcass (not weighed)"),
        *("94 / 82", "It should reach its target of 10.0 mm of backfat about", "Page 1 of 1"),
    ):
        assert told in page, told
    assert size_mm(answer.content) == (210, 297)


async def test_a_weighed_animal_is_graded_by_its_own_weight(
    farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], TAGS[:1])
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        await record_weight(uow, herd["0417"], 500, utc_now().date())
    answer = await farmer.get(f"/api/v1/animals/{herd['0417']}/report.pdf")
    (page,) = words_of(answer.content)
    assert "dressing 62 %, KPH 2.5 %, 310 kg carcass (weighed at 500 kg)" in page


async def test_who_reads_imperial_gets_inches_on_letter(
    farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], TAGS[:1])
    await farmer.patch("/api/v1/me", json={"units": "imperial"})
    answer = await farmer.get(f"/api/v1/animals/{herd['0417']}/report.pdf")
    (page,) = words_of(answer.content)
    assert "12.40 ±0.48 in²" in page
    assert "0.28 ±0.04 in" in page
    assert "820 lb carcass (not weighed)" in page
    assert size_mm(answer.content) == (216, 279)
    metric = await farmer.get(f"/api/v1/animals/{herd['0417']}/report.pdf", params={"units": "metric"})
    assert "80.0 ±3.1 cm²" in words_of(metric.content)[0]


async def test_nothing_that_was_not_accepted_is_in_a_report(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], ["0417"])
    async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await uow.session.execute(text("UPDATE scans SET review = 'rejected', rea_cm2 = 133, backfat_mm = 33"))
    admin = await signed_in(acme.admin)
    (page,) = words_of((await admin.get(f"/api/v1/animals/{herd['0417']}/report.pdf")).content)
    assert "133" not in page
    assert "33.0" not in page
    assert "No accepted image yet" in page


async def test_a_model_of_simulations_is_called_one(farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], ["0417"])
    for path in (f"animals/{herd['0417']}", f"groups/{herd['group']}"):
        (page,) = words_of((await farmer.get(f"/api/v1/{path}/report.pdf")).content)
        assert "trained on simulated images and has not been validated on real cattle" in page


async def test_a_group_is_ranked_by_who_is_ready_first(
    farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], TAGS)
    answer = await farmer.get(f"/api/v1/groups/{herd['group']}/report.pdf")
    assert answer.status_code == 200, answer.text
    page = words_of(answer.content)[0]
    assert "Group report North pen" in page
    assert "Ready: 0422." in page
    assert page.index("1 0422") < page.index("6 0417")
    table = await farmer.get(f"/api/v1/groups/{herd['group']}/report.csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["Tag"] for row in rows] == TAGS[::-1]
    assert (rows[0]["REA cm²"], rows[0]["REA ± cm²"], rows[0]["State"]) == ("90.0", "3.1", "Ready")
    assert rows[0]["Backfat mm"] == "10.0"


async def test_names_of_others_are_text_in_a_report(farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant) -> None:
    factory = ScanFactory(runtime, acme.org_id)
    tag = '<img src="http://evil.example/x.png">{{7*7}}'
    animal = await factory.animal(tag, acme.farm_ids[0], breed="<script>")
    answer = await farmer.get(f"/api/v1/animals/{animal}/report.pdf")
    (page,) = words_of(answer.content)
    assert "{{7*7}}" in page
    assert "<script>" in page
    assert answer.headers["content-disposition"] == (
        'attachment; filename="tag-img-src-http-evil.example-x.png-7-7.pdf"'
    )


def test_a_page_fetches_nothing_but_its_own_bytes() -> None:
    for address in ("http://127.0.0.1:9/x.png", "file:///etc/passwd", "cti:other"):
        with pytest.raises(FatalURLFetchingError):
            to_pdf(f'<img src="{address}">', {})


async def test_another_organisations_reports_are_not_there(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[1], ["0417"])
    for person in (other.admin, acme.farmer, acme.technician):
        stranger = await signed_in(person)
        for path in (f"animals/{herd['0417']}/report.pdf", f"groups/{herd['group']}/report.pdf"):
            problem(await stranger.get(f"/api/v1/{path}"), 404, "not_found")
        problem(await stranger.get(f"/api/v1/groups/{herd['group']}/report.csv"), 404, "not_found")
        sent = await stranger.post(f"/api/v1/animals/{herd['0417']}/report/mail", json={"to": "x@y.example"})
        problem(sent, 404, "not_found")
    farmer = await signed_in(acme.farmer)
    problem(await farmer.get(f"/api/v1/animals/{uuid4()}/report.pdf"), 404, "not_found")


async def test_every_animal_of_a_group_gets_its_page_in_the_background(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], TAGS[:2])
    technician = await signed_in(acme.technician)
    started = await technician.post(f"/api/v1/groups/{herd['group']}/reports")
    assert started.status_code == 202, started.text
    bench = Bench(runtime, "worker-1")
    task = await finished(technician, bench, started.json()["id"])
    bench.cpu.close()
    assert (task["done"], task["result"]["words"]) == (2, "2 reports")
    found = await technician.get(f"/api/v1/tasks/{task['id']}/file", follow_redirects=True)
    names = zipfile.ZipFile(io.BytesIO(found.content)).namelist()
    assert names == ["0001-tag-0417.pdf", "0002-tag-0418.pdf"]
    empty = await ScanFactory(runtime, acme.org_id).group("empty", acme.farm_ids[0])
    problem(await technician.post(f"/api/v1/groups/{empty}/reports"), 409, "nobody_in_group")


@pytest.fixture
def postbox(runtime: Runtime, unused_tcp_port_factory: Callable[[], int]) -> Iterator[Postbox]:
    port, kept = unused_tcp_port_factory(), Postbox()
    with serving(kept, port):
        runtime.settings = runtime.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})
        yield kept


async def test_a_report_is_mailed_in_the_name_of_who_sends_it(
    farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant, postbox: Postbox, superuser_url: str
) -> None:
    herd = await growing(runtime, acme.org_id, acme.farm_ids[0], ["0417"])
    where = f"/api/v1/animals/{herd['0417']}/report/mail"
    sent = await farmer.post(where, json={"to": "buyer@market.example", "note": "He is the one."})
    assert (sent.status_code, sent.json()) == (202, {"sent_to": "buyer@market.example"})
    await mail.settle()
    (letter,) = postbox.letters
    assert letter["To"] == "buyer@market.example"
    assert letter["Reply-To"] == "farmer@acme.example"
    assert letter["Subject"] == "Report on tag 0417 from Farmer of acme.example"
    assert "Farmer of acme.example (farmer@acme.example) of Acme" in body(letter)
    assert "He is the one." in body(letter)
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "tag-0417.pdf"
    assert "Tag 0417" in words_of(attached.get_payload(decode=True))[0]
    with psycopg.connect(superuser_url) as session:
        row = session.execute("SELECT after FROM audit_log WHERE action = 'report.mailed'").fetchone()
    assert row == ({"to": "buyer@market.example", "file": "tag-0417.pdf"},)
    problem(await farmer.post(where, json={"to": "no address"}), 422, "invalid")
    problem(await farmer.post(where, json={"to": "x@y.example\r\nBcc: z@y.example"}), 422, "invalid")


async def test_reports_are_not_mailed_without_end(
    farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAILS", Limit("report-mail", "2 per hour"))
    animal = await ScanFactory(runtime, acme.org_id).animal("1", acme.farm_ids[0])
    answers = [
        (await farmer.post(f"/api/v1/animals/{animal}/report/mail", json={"to": "x@y.example"})).status_code
        for _ in range(3)
    ]
    assert answers == [202, 202, 429]


async def test_without_a_mail_server_one_is_told_so(farmer: httpx.AsyncClient, runtime: Runtime, acme: Tenant) -> None:
    animal = await ScanFactory(runtime, acme.org_id).animal("1", acme.farm_ids[0])
    answer = await farmer.post(f"/api/v1/animals/{animal}/report/mail", json={"to": "x@y.example"})
    problem(answer, 409, "no_mail_server")
