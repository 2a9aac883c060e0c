"""Reports for whoever may see the animal or group: printed, as a table, sent by mail, or one for each of a group.

They hold accepted values alone and are told in the reader's units: metric on A4, imperial on Letter.
"""

import asyncio
import re
from dataclasses import dataclass
from uuid import UUID

from backend.audit import service as audit
from backend.core import mail
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict
from backend.core.limiter import Limit
from backend.core.mail import Attachment, Letter
from backend.core.runtime import runtime
from backend.herd import service as herd
from backend.herd.growth import Forecast
from backend.herd.traits import BACKFAT, REA, Reading
from backend.identity import service as identity
from backend.reports import pages, words
from backend.reports.facts import AnimalFacts, GroupFacts, animal_facts, group_facts
from backend.reports.printing import print_page
from backend.reports.words import Units
from backend.sheets.writing import table_bytes
from backend.tasks.service import start_task

EACH_KIND = "export.reports"
PDF = "application/pdf"
MAILS = Limit("report-mail", "20 per hour")
PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


class NoMailServer(Conflict):
    code, title = "no_mail_server", "No mail server is set up; download the report and send it yourself"


class NobodyInGroup(Conflict):
    code, title = "nobody_in_group", "No animal is in this group"


@dataclass(frozen=True, slots=True)
class Report:
    """A file to hand over. `about` is what it is about, in words."""

    file_name: str
    data: bytes
    about: str


async def units_of(uow: UnitOfWork, asked: Units | None) -> Units:
    """The units asked for, else the reader's own."""
    return asked or (await identity.get_profile(uow)).units


async def animal_report(uow: UnitOfWork, animal_id: UUID, units: Units | None = None) -> Report:
    """An animal on one page. Raises AnimalNotFound, PrintingBusy."""
    facts = await animal_facts(uow, animal_id)
    return await print_animal(facts, await units_of(uow, units))


async def print_animal(facts: AnimalFacts, units: Units) -> Report:
    """Print facts that were gathered."""
    picture = facts.picture
    pictures = {"picture": picture.data} if picture is not None and picture.data is not None else {}
    html = await asyncio.to_thread(pages.animal_page, facts, units)
    name = _file_name("tag", facts.animal.tag_id, "pdf")
    return Report(name, await print_page(html, pictures), f"tag {facts.animal.tag_id}")


async def group_report(uow: UnitOfWork, group_id: UUID, units: Units | None = None) -> Report:
    """A group with everybody ranked. Raises GroupNotFound, PrintingBusy."""
    facts = await group_facts(uow, group_id)
    html = await asyncio.to_thread(pages.group_page, facts, await units_of(uow, units))
    name = facts.group.group.name
    return Report(_file_name("group", name, "pdf"), await print_page(html, {}), f"the group {name}")


async def group_table(uow: UnitOfWork, group_id: UUID, units: Units | None = None) -> Report:
    """The same as CSV, its numbers as numbers. Raises GroupNotFound."""
    facts, told = await group_facts(uow, group_id), await units_of(uow, units)
    rows = _table(facts, told)
    data = await asyncio.to_thread(table_bytes, "csv", "Group", _table_head(told), rows)
    name = facts.group.group.name
    return Report(_file_name("group", name, "csv"), data, f"the group {name}")


def _table_head(units: Units) -> list[str]:
    rea, fat = (words.scale_of(trait.unit, units).unit for trait in (REA, BACKFAT))
    return [
        *("Rank", "Tag", "Sex", "Scanned", f"REA {rea}", f"REA ± {rea}", "REA ratio"),
        *(f"Backfat {fat}", f"Backfat ± {fat}", "Backfat ratio", "Days to target", "Days ±", "State"),
    ]


def _table(facts: GroupFacts, units: Units) -> list[list[str | float | None]]:
    by_tag = {member.tag_id: member for member in facts.group.members}
    rows = []
    for line in pages.ranked(facts, units):
        member = by_tag[line.tag]
        standing = member.standing
        growth = standing.growth if isinstance(standing.growth, Forecast) else None
        ratios = [member.ratios.get(trait.name) for trait in (REA, BACKFAT)]
        rea_ratio, fat_ratio = (None if one is None else round(one.percent, 1) for one in ratios)
        rows.append(
            [
                *(line.rank, line.tag, member.sex),
                standing.scanned_at.date().isoformat() if standing.scanned_at else None,
                *_numbers(standing.rea, REA.unit, units),
                rea_ratio,
                *_numbers(standing.backfat, BACKFAT.unit, units),
                fat_ratio,
                *((round(growth.days), round(growth.days_sd)) if growth else (None, None)),
                line.state,
            ]
        )
    return rows


def _numbers(reading: Reading | None, unit: str, units: Units) -> tuple[float | None, float | None]:
    size = words.scale_of(unit, units).size
    if reading is None:
        return None, None
    return round(reading.value / size, 3), None if reading.sd is None else round(reading.sd / size, 3)


def _file_name(what: str, name: str, ending: str) -> str:
    plain = PLAIN.sub("-", name).strip("-.")[:60]
    return f"{what}-{plain}.{ending}" if plain else f"{what}.{ending}"


async def mail_animal_report(uow: UnitOfWork, animal_id: UUID, to: str, note: str = "") -> None:
    """Send an animal's report to an address, in the asker's name.

    Raises AnimalNotFound, NoMailServer, TooMany, PrintingBusy.
    """
    await herd.get_animal(uow, animal_id)
    await _check_mail(uow)
    await _send(uow, await animal_report(uow, animal_id), "animal", animal_id, to, note)


async def mail_group_report(uow: UnitOfWork, group_id: UUID, to: str, note: str = "") -> None:
    """The same for a group. Raises GroupNotFound, NoMailServer, TooMany, PrintingBusy."""
    await herd.get_group(uow, group_id)
    await _check_mail(uow)
    await _send(uow, await group_report(uow, group_id), "group", group_id, to, note)


async def _check_mail(uow: UnitOfWork) -> None:
    if not runtime().settings.smtp_url:
        raise NoMailServer
    await runtime().limiter.hit(MAILS, str(uow.actor.user_id))


async def _send(uow: UnitOfWork, report: Report, kind: str, object_id: UUID, to: str, note: str) -> None:
    sender = await identity.get_profile(uow)
    name = " ".join((sender.full_name or sender.email).split())
    values = {
        "sender": name,
        "sender_email": sender.email,
        "organization": sender.organization,
        "about": report.about,
        "note": note.strip() or "The numbers and the image in it were accepted by a technician.",
    }
    subject = " ".join(f"Report on {report.about} from {name}".split())
    attached = (Attachment(report.file_name, PDF, report.data),)
    mail.send_after_commit(uow, Letter(to, subject, "report", values, attached, reply_to=sender.email))
    await audit.record(uow, "report.mailed", kind, object_id, after={"to": to, "file": report.file_name})


async def start_each_report(uow: UnitOfWork, group_id: UUID, units: Units | None = None) -> UUID:
    """Have a page made for every animal of a group, in the background; returns the task.

    Raises GroupNotFound, NobodyInGroup.
    """
    facts = await herd.group_standing(uow, group_id)
    if not facts.members:
        raise NobodyInGroup
    params = {"group_id": group_id, "units": await units_of(uow, units)}
    title = f"Reports of every animal of {facts.group.name}"
    return await start_task(uow, EACH_KIND, params, title=title, total=len(facts.members))
