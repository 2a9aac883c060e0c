"""SQL about scans one at a time, and the rows a page shows."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, Select, Uuid, any_, bindparam, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.devices.models import Device
from backend.farms.models import Farm
from backend.grading.models import GradingResult
from backend.herd.models import Animal, Group
from backend.identity.models import User
from backend.scans.models import Asset, Scan, ScanEvent, ScanTotal

Rows = Sequence[Row[*tuple[Any, ...]]]
Way = tuple[UUID | None, UUID | None]
"""From one farm to another; None is no farm."""

COLUMNS = (
    *(
        col(getattr(Scan, name))
        for name in (
            "id",
            "capture_id",
            "status",
            "review",
            "rea_review",
            "backfat_review",
            "kind",
            "captured_at",
            "created_at",
            "updated_at",
            "farm_id",
            "device_id",
            "group_id",
            "animal_id",
            "label",
            "clarity",
            "usability",
            "graded_by",
            "result_id",
            "rea_cm2",
            "backfat_mm",
            "confidence",
            "certainty",
            "agreement",
            "flags",
            "last_error",
            "thumb_key",
        )
    ),
    col(Farm.name).label("farm_name"),
    col(Farm.time_zone),
    col(Device.device_code),
    col(Device.label).label("device_label"),
    col(Group.name).label("group_name"),
    col(Animal.tag_id).label("animal_tag"),
    col(Scan.mask_asset_id).is_not(None).label("has_mask"),
)


ORG: BindParameter[UUID] = bindparam("org_id")
SCAN: BindParameter[UUID] = bindparam("scan_id")
"""Statements of every page are built once, and told whose and which when they are run."""
FILES = ("role", "object_key", "mime_type", "size_bytes", "width_px", "height_px", "sha256", "verified_at")


def _base(*more: Any) -> Select[*tuple[Any, ...]]:
    """A scan with the names of what it belongs to; each may be missing or hidden from the asker."""
    return (
        select(*COLUMNS, *more)
        .outerjoin(Farm, col(Farm.id) == col(Scan.farm_id))
        .outerjoin(Device, col(Device.id) == col(Scan.device_id))
        .outerjoin(Group, col(Group.id) == col(Scan.group_id))
        .outerjoin(Animal, col(Animal.id) == col(Scan.animal_id))
        .where(col(Scan.org_id) == ORG)
    )


@cache
def _rows() -> Select[*tuple[Any, ...]]:
    return _base().where(col(Scan.id) == any_(bindparam("ids", type_=ARRAY(Uuid()))))


@cache
def _detail() -> Select[*tuple[Any, ...]]:
    operator, reviewer = aliased(User), aliased(User)
    more: tuple[Any, ...] = (
        col(Scan.ingest_key),
        col(Scan.operator_id),
        col(operator.full_name).label("operator_name"),
        col(Scan.reviewed_by),
        col(reviewer.full_name).label("reviewed_by_name"),
        col(Scan.reviewed_at),
        col(Animal.rfid).label("animal_rfid"),
        col(Scan.calibration),
        col(Scan.device_grading),
        col(Scan.meta),
        col(Scan.attempts),
        col(Scan.due_at).is_not(None).label("waiting"),
        func.ST_X(col(Scan.gps)).label("lon"),
        func.ST_Y(col(Scan.gps)).label("lat"),
    )
    return (
        _base(*more)
        .outerjoin(operator, col(operator.id) == col(Scan.operator_id))
        .outerjoin(reviewer, col(reviewer.id) == col(Scan.reviewed_by))
        .where(col(Scan.id) == SCAN)
    )


@cache
def _files() -> Select[*tuple[Any, ...]]:
    found: Select[*tuple[Any, ...]] = select(*(col(getattr(Asset, name)) for name in FILES))
    of_scan = found.where(col(Asset.scan_id) == SCAN, col(Asset.org_id) == ORG)
    return of_scan.order_by(col(Asset.created_at), col(Asset.object_key))


@cache
def _events() -> Select[*tuple[Any, ...]]:
    columns: tuple[Any, ...] = (
        col(ScanEvent.id),
        col(ScanEvent.event),
        col(ScanEvent.created_at).label("at"),
        col(ScanEvent.user_id),
        col(User.full_name).label("user_name"),
        col(ScanEvent.meta),
    )
    return (
        select(*columns)
        .outerjoin(User, col(User.id) == col(ScanEvent.user_id))
        .where(col(ScanEvent.scan_id) == SCAN, col(ScanEvent.org_id) == ORG)
        .order_by(col(ScanEvent.created_at), col(ScanEvent.id))
    )


async def rows(uow: UnitOfWork, org_id: UUID, ids: Sequence[UUID]) -> Rows:
    """Those of the scans that the asker may see, in no order."""
    return (await uow.session.execute(_rows(), {"org_id": org_id, "ids": list(ids)})).all()


async def detail(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Everything the scan's own row says, with names."""
    return (await uow.session.execute(_detail(), {"org_id": org_id, "scan_id": scan_id})).one_or_none()


async def files(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Rows:
    """The scan's objects: what the device sent, then what was made of it; a replaced one before its successor."""
    return (await uow.session.execute(_files(), {"org_id": org_id, "scan_id": scan_id})).all()


async def events(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Rows:
    """The timeline, oldest first."""
    return (await uow.session.execute(_events(), {"org_id": org_id, "scan_id": scan_id})).all()


async def lock(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Scan | None:
    """The scan for a change, its row locked until the commit; None where the asker may not see it."""
    found: Scan | None = await uow.session.scalar(
        select(Scan).where(col(Scan.id) == scan_id, col(Scan.org_id) == org_id).with_for_update()
    )
    return found


async def lock_all(uow: UnitOfWork, org_id: UUID, ids: Sequence[UUID]) -> Sequence[Scan]:
    """Those of the scans that the asker may see, locked until the commit in the order of their ids."""
    these = col(Scan.id) == any_(cast(list(ids), ARRAY(Uuid())))
    statement = select(Scan).where(these, col(Scan.org_id) == org_id).order_by(col(Scan.id)).with_for_update()
    return (await uow.session.scalars(statement)).all()


async def change(uow: UnitOfWork, scan: Scan, values: Mapping[str, object]) -> None:
    """Write columns of a locked scan; `scan` itself still tells what it was."""
    await change_alike(uow, scan.org_id, [scan.id], values)


async def change_alike(uow: UnitOfWork, org_id: UUID, ids: Sequence[UUID], values: Mapping[str, object]) -> None:
    """Write the same into every one of some locked scans."""
    these = col(Scan.id) == any_(cast(list(ids), ARRAY(Uuid())))
    await uow.session.execute(
        update(Scan).where(these, col(Scan.org_id) == org_id).values(updated_at=func.clock_timestamp(), **values),
        execution_options={"synchronize_session": False},
    )


async def add_event(uow: UnitOfWork, scan: Scan, event: str, meta: Mapping[str, object]) -> None:
    """Add a line to the timeline, in the asker's name."""
    await add_events(uow, scan.org_id, [{"scan_id": scan.id, "event": event, "meta": dict(meta)}])


async def add_events(uow: UnitOfWork, org_id: UUID, lines: Sequence[Mapping[str, object]]) -> None:
    """Add lines (`scan_id`, `event`, `meta`) to timelines, in the asker's name."""
    if lines:
        whose = {"org_id": org_id, "user_id": uow.actor.user_id}
        await uow.session.execute(insert(ScanEvent).inline(), [{**whose, **line} for line in lines])


async def counts_of(uow: UnitOfWork, scan_id: UUID) -> tuple[int, int]:
    """How many events and gradings a scan has."""
    parts = [
        select(func.count()).select_from(table).where(col(table.scan_id) == scan_id).scalar_subquery()
        for table in (ScanEvent, GradingResult)
    ]
    events_n, gradings_n = (await uow.session.execute(select(*parts))).one()
    return events_n, gradings_n


async def remove(uow: UnitOfWork, scan: Scan) -> None:
    """Delete the row; events, objects' rows and gradings go with it."""
    statement = delete(Scan).where(col(Scan.id) == scan.id, col(Scan.org_id) == scan.org_id)
    await uow.session.execute(statement, execution_options={"synchronize_session": False})


async def totals(uow: UnitOfWork, org_id: UUID, farms: Sequence[UUID] | None) -> Rows:
    """(status, review, number) of the organisation's scans, or of some farms' of it."""
    statement = select(col(ScanTotal.status), col(ScanTotal.review), func.sum(col(ScanTotal.n)).label("n")).where(
        col(ScanTotal.org_id) == org_id
    )
    if farms is not None:
        statement = statement.where(col(ScanTotal.farm_id).in_(farms))
    found = await uow.session.execute(statement.group_by(col(ScanTotal.status), col(ScanTotal.review)))
    return found.all()


async def move_many(
    uow: UnitOfWork, org_id: UUID, scans: Sequence[UUID], way: Way, meta: Mapping[str, object]
) -> list[UUID]:
    """Move scans from one farm to another and say so in their timelines; returns those that were there."""
    here = col(Scan.farm_id).is_(None) if way[0] is None else col(Scan.farm_id) == way[0]
    these = col(Scan.id) == any_(cast(list(scans), ARRAY(Uuid())))
    moved = await uow.session.execute(
        update(Scan)
        .where(col(Scan.org_id) == org_id, these, here)
        .values(farm_id=way[1], updated_at=func.clock_timestamp())
        .returning(col(Scan.id)),
        execution_options={"synchronize_session": False},
    )
    ids = list(moved.scalars())
    line = {"event": "assigned", "meta": dict(meta)}
    await add_events(uow, org_id, [{**line, "scan_id": scan_id} for scan_id in ids])
    return ids


async def placed_by(uow: UnitOfWork, org_id: UUID, farm_id: UUID, task_id: UUID, most: int) -> list[UUID]:
    """Scans of a farm that a task put there (index: ix_scans_list_farm, then each scan's timeline)."""
    by_task = (
        select(col(ScanEvent.id))
        .where(
            col(ScanEvent.scan_id) == col(Scan.id),
            col(ScanEvent.org_id) == org_id,
            col(ScanEvent.event) == "assigned",
            col(ScanEvent.meta)["task_id"].astext == str(task_id),
        )
        .exists()
    )
    query = select(col(Scan.id)).where(col(Scan.org_id) == org_id, col(Scan.farm_id) == farm_id, by_task).limit(most)
    return list(await uow.session.scalars(query))
