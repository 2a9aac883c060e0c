"""Routes of reports: an animal or a group as PDF, a group as CSV, by mail, and one for each animal of a group."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from backend.core.http import Uow, require, signed_in
from backend.reports import service
from backend.reports.schemas import MailedOut, MailIn
from backend.reports.service import PDF, Report
from backend.reports.words import Units
from backend.sheets.writing import MIME_TYPES
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut

router = APIRouter(prefix="/api/v1", tags=["Reports"])
ANYBODY = [signed_in(person=True)]
WORKERS = [require("admin", "technician", person=True)]
ChosenUnits = Annotated[Units | None, Query(description="The reader's own when left out")]


def _file(report: Report, mime_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{report.file_name}"',
        "Cache-Control": "no-store",
    }
    return Response(report.data, media_type=mime_type, headers=headers)


@router.get("/animals/{animal_id}/report.pdf", dependencies=ANYBODY, response_class=Response)
async def animal_report(uow: Uow, animal_id: UUID, units: ChosenUnits = None) -> Response:
    """An animal on one page: image, numbers with their ±, projected grade, trend. Accepted values alone."""
    return _file(await service.animal_report(uow, animal_id, units), PDF)


@router.get("/groups/{group_id}/report.pdf", dependencies=ANYBODY, response_class=Response)
async def group_report(uow: Uow, group_id: UUID, units: ChosenUnits = None) -> Response:
    """A group: who is ready, how its values are spread, everybody ranked."""
    return _file(await service.group_report(uow, group_id, units), PDF)


@router.get("/groups/{group_id}/report.csv", dependencies=ANYBODY, response_class=Response)
async def group_table(uow: Uow, group_id: UUID, units: ChosenUnits = None) -> Response:
    """The same as CSV."""
    return _file(await service.group_table(uow, group_id, units), MIME_TYPES["csv"])


@router.post("/animals/{animal_id}/report/mail", dependencies=ANYBODY, status_code=202)
async def mail_animal_report(uow: Uow, animal_id: UUID, wanted: MailIn) -> MailedOut:
    """Send the report to an address, in the caller's name; twenty an hour."""
    await service.mail_animal_report(uow, animal_id, wanted.to, wanted.note)
    return MailedOut(sent_to=wanted.to)


@router.post("/groups/{group_id}/report/mail", dependencies=ANYBODY, status_code=202)
async def mail_group_report(uow: Uow, group_id: UUID, wanted: MailIn) -> MailedOut:
    """The same for a group."""
    await service.mail_group_report(uow, group_id, wanted.to, wanted.note)
    return MailedOut(sent_to=wanted.to)


@router.post("/groups/{group_id}/reports", dependencies=WORKERS, status_code=202)
async def each_report(uow: Uow, group_id: UUID, units: ChosenUnits = None) -> TaskOut:
    """Make a page for every animal of the group in the background; the task leaves a ZIP of PDFs."""
    return await tasks.get_task(uow, await service.start_each_report(uow, group_id, units))
