"""SQL of the readers' queue: the oldest image that waits, the rest of its session, and how far the session is.

Only what waits is in the indexes these read (`ix_scans_judge_*`), so a million judged scans cost nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, column, func, or_, select, text, true, values
from sqlalchemy import Uuid as UuidType
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.devices.models import Device
from backend.farms.models import Farm
from backend.identity.models import User
from backend.reviews.models import ScanReading
from backend.scans.models import MARGINAL, TO_JUDGE, Scan

Rows = Sequence[Row[*tuple[Any, ...]]]
Conditions = list[ColumnElement[bool]]
WALK_MOST = 2_000
"""How many marginal images one request looks through; there are few, but a reader may have called them all so."""
COUNT_MOST = 10_000
STANDINGS = ("unreviewed", "marginal")
WAITING = (col(Scan.id), col(Scan.captured_at), col(Scan.farm_id), col(Scan.device_id))


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a reader wants to be shown; `farms` None is every farm. Times are inclusive, then exclusive."""

    org_id: UUID
    reader_id: UUID
    farms: Collection[UUID] | None
    device_id: UUID | None
    begin: datetime | None
    end: datetime | None
    second: bool


async def oldest(uow: UnitOfWork, asked: Narrowed, without: Collection[UUID]) -> Row[*tuple[Any, ...]] | None:
    """The image that has waited longest: its id, instant, farm and device. `without` are not offered."""
    if asked.farms is not None and not asked.farms:
        return None
    if asked.second:
        found = _second(asked, _base(asked, without)).limit(1)
    elif asked.farms is not None and asked.device_id is None:
        found = _of_farms(asked, without)
    else:
        found = _of_devices(asked, without)
    return (await uow.session.execute(found)).first()


async def session(
    uow: UnitOfWork, asked: Narrowed, place: Row[*tuple[Any, ...]], without: Collection[UUID], most: int
) -> list[UUID]:
    """What waits of one device's day on one farm, in the order it was captured."""
    same = [col(Scan.device_id) == place.device_id, col(Scan.farm_id).is_not_distinct_from(place.farm_id)]
    if asked.second:
        found = _second(asked, [*_base(asked, without), *same]).limit(most)
    else:
        found = _waiting([*_base(asked, without), *same, text(TO_JUDGE)]).limit(most)
    return [row.id for row in await uow.session.execute(found)]


async def counts(uow: UnitOfWork, org_id: UUID, device_id: UUID, farm_id: UUID | None, span: Sequence[datetime]) -> Any:
    """Of one session: how many images it has (`total`), and how many wait for a first (`first`) or second reading."""
    of_session: Conditions = [
        col(Scan.org_id) == org_id,
        col(Scan.device_id) == device_id,
        col(Scan.farm_id).is_not_distinct_from(farm_id),
        col(Scan.status) == "graded",
        col(Scan.captured_at) >= span[0],
        col(Scan.captured_at) < span[1],
    ]
    images = (
        select(col(Scan.rea_review), col(Scan.backfat_review)).where(*of_session).limit(COUNT_MOST).subquery("images")
    )
    either = {name: or_(images.c.rea_review == name, images.c.backfat_review == name) for name in STANDINGS}
    statement = select(
        func.count().label("total"),
        func.count().filter(either["unreviewed"]).label("first"),
        func.count().filter(either["marginal"]).label("second"),
    ).select_from(images)
    return (await uow.session.execute(statement)).one()


async def paces(uow: UnitOfWork, org_id: UUID, since: datetime) -> list[tuple[UUID, str, int, datetime]]:
    """Who has judged how many images since an instant, and when each began: reader, name, images, first of them."""
    images = func.count(func.distinct(col(ScanReading.judgement_id)))
    statement: Select[*tuple[Any, ...]] = (
        select(col(ScanReading.reader_id), col(User.full_name), images, func.min(col(ScanReading.created_at)))
        .join(User, col(User.id) == col(ScanReading.reader_id))
        .where(col(ScanReading.org_id) == org_id, col(ScanReading.created_at) >= since)
        .where(col(ScanReading.taken_back_at).is_(None))
        .group_by(col(ScanReading.reader_id), col(User.full_name))
        .order_by(images.desc(), col(User.full_name))
    )
    return [(row[0], row[1] or "", row[2], row[3]) for row in await uow.session.execute(statement)]


async def place_of(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Where an image stands: its farm with name and zone, its device, its instant."""
    statement: Select[*tuple[Any, ...]] = (
        select(*WAITING, col(Farm.name).label("farm"), col(Farm.time_zone), col(Device.label), col(Device.device_code))
        .outerjoin(Farm, col(Farm.id) == col(Scan.farm_id))
        .outerjoin(Device, col(Device.id) == col(Scan.device_id))
        .where(col(Scan.org_id) == org_id, col(Scan.id) == scan_id)
    )
    return (await uow.session.execute(statement)).one_or_none()


def _base(asked: Narrowed, without: Collection[UUID]) -> Conditions:
    """The organisation and everything a reader has narrowed the queue by."""
    wanted: Conditions = [col(Scan.org_id) == asked.org_id]
    if without:
        wanted.append(col(Scan.id).not_in(list(without)))
    if asked.farms is not None:
        wanted.append(col(Scan.farm_id).in_(list(asked.farms)))
    if asked.device_id is not None:
        wanted.append(col(Scan.device_id) == asked.device_id)
    if asked.begin is not None:
        wanted.append(col(Scan.captured_at) >= asked.begin)
    if asked.end is not None:
        wanted.append(col(Scan.captured_at) < asked.end)
    return wanted


def _waiting(wanted: Conditions | list[Any]) -> Select[*tuple[Any, ...]]:
    statement: Select[*tuple[Any, ...]] = select(*WAITING).where(*wanted)
    return statement.order_by(col(Scan.captured_at), col(Scan.id))


def _of_devices(asked: Narrowed, without: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    """Each device's oldest, of which the oldest."""
    if asked.device_id is not None:
        return _waiting([*_base(asked, without), text(TO_JUDGE)]).limit(1)
    devices = select(col(Device.id)).where(col(Device.org_id) == asked.org_id).subquery("devices")
    wanted = [*_base(asked, without), col(Scan.device_id) == devices.c.id, text(TO_JUDGE)]
    return _first_of(devices, wanted)


def _of_farms(asked: Narrowed, without: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    """Each farm's oldest, of which the oldest."""
    farms = values(column("id", UuidType()), name="farms").data([(one,) for one in asked.farms or ()])
    wanted = [*_base(asked, without), col(Scan.farm_id) == farms.c.id, text(TO_JUDGE)]
    return _first_of(farms, wanted)


def _first_of(heads: Any, wanted: Conditions | list[Any]) -> Select[*tuple[Any, ...]]:
    one = _waiting(wanted).limit(1).lateral("one")
    statement: Select[*tuple[Any, ...]] = select(one).select_from(heads).join(one, true())
    return statement.order_by(one.c.captured_at, one.c.id).limit(1)


def _second(asked: Narrowed, wanted: Conditions) -> Select[*tuple[Any, ...]]:
    """Marginal images of which the reader has not given the first reading."""
    walked = _waiting([*wanted, text(MARGINAL)]).limit(WALK_MOST).subquery("walked")
    mine = (
        select(col(ScanReading.id))
        .join(Scan, col(Scan.id) == col(ScanReading.scan_id))
        .where(
            col(ScanReading.org_id) == asked.org_id,
            col(ScanReading.scan_id) == walked.c.id,
            col(ScanReading.reader_id) == asked.reader_id,
            col(ScanReading.kind) == "first",
            col(ScanReading.verdict) == "marginal",
            col(ScanReading.taken_back_at).is_(None),
            or_(
                and_(col(ScanReading.trait) == "rea", col(Scan.rea_review) == "marginal"),
                and_(col(ScanReading.trait) == "backfat", col(Scan.backfat_review) == "marginal"),
            ),
        )
    )
    statement: Select[*tuple[Any, ...]] = select(walked).where(~mine.exists())
    return statement.order_by(walked.c.captured_at, walked.c.id)
