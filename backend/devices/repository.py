"""Every query about devices. The two doors resolve a device before its organisation is known."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import args_row
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import col

from backend.core.actor import Actor
from backend.core.database import BareUnit, UnitOfWork
from backend.core.ids import new_id
from backend.devices.known import KeyHolder, KnownDevice
from backend.devices.models import Device, DeviceActivation, DeviceKey
from backend.farms.models import Farm
from backend.identity.models import Organization
from backend.ingest.models import IngestionLog
from backend.scans.models import Scan

DEVICE_BY_KEY = text("SELECT device_id, device_code, org_id, farm_id, disabled, key_id FROM device_by_key(:sha256)")
TAKEN_CODES = text(
    "SELECT c.code FROM unnest(CAST(:codes AS text[])) AS c(code) CROSS JOIN LATERAL device_by_code(c.code) held"
    " LEFT JOIN devices own ON own.id = held.device_id AND own.org_id = :org"
    " WHERE own.registered IS DISTINCT FROM false"
)
ACTIVATION_OWNER = text("SELECT activation_id, org_id FROM device_activation(:sha256)")
SILENCE_CHANGES = text("SELECT org_id, device_id, silent FROM silence_changes(:most)")
POSITIONS = text(
    "SELECT d.id AS device_id, n.id AS scan_id, ST_Y(n.gps) AS lat, ST_X(n.gps) AS lon"
    " FROM unnest(CAST(:ids AS uuid[])) AS d(id) CROSS JOIN LATERAL (SELECT r.id, r.gps FROM (SELECT s.id, s.gps,"
    " s.captured_at FROM scans s WHERE s.org_id = :org AND s.device_id = d.id ORDER BY s.captured_at DESC LIMIT 100) r"
    " WHERE r.gps IS NOT NULL ORDER BY r.captured_at DESC LIMIT 1) n"
)
SETTINGS = "devices"
"""Under which name an organisation's settings keep what concerns devices."""
DEVICE_BY_CODE = text("SELECT device_id, org_id FROM device_by_code(:code)")


async def meet(uow: UnitOfWork | BareUnit, code: str) -> KnownDevice | None:
    """Find the device or make it on first contact, and bind the transaction to its organisation.

    None when there is no organisation a new device could belong to. One round trip on the hot path.
    """
    cursor = (await uow.connection()).cursor(row_factory=args_row(KnownDevice))
    await cursor.execute(
        "SELECT device_id, org_id, farm_id, disabled, seen_at FROM ingest_device(%s, %s)",
        (code, new_id()),
        prepare=True,
    )
    return await cursor.fetchone()


async def key_holder(uow: UnitOfWork, key_sha256: str) -> KeyHolder | None:
    row = (await uow.session.execute(DEVICE_BY_KEY, {"sha256": key_sha256})).one_or_none()
    return None if row is None else KeyHolder(*row)


async def owner_of_code(uow: UnitOfWork, code: str) -> tuple[UUID, UUID] | None:
    """The id and organisation of a device, wherever it belongs."""
    row = (await uow.session.execute(DEVICE_BY_CODE, {"code": code})).one_or_none()
    return None if row is None else (row.device_id, row.org_id)


async def activation_owner(uow: UnitOfWork, code_sha256: str) -> tuple[UUID, UUID] | None:
    """The id and organisation of an activation code, wherever it belongs."""
    row = (await uow.session.execute(ACTIVATION_OWNER, {"sha256": code_sha256})).one_or_none()
    return None if row is None else (row.activation_id, row.org_id)


async def lock_activation(uow: UnitOfWork, org_id: UUID, activation_id: UUID) -> DeviceActivation | None:
    """The activation code for a change, locked until the commit."""
    these = col(DeviceActivation.id) == activation_id, col(DeviceActivation.org_id) == org_id
    found: DeviceActivation | None = await uow.session.scalar(select(DeviceActivation).where(*these).with_for_update())
    return found


async def activations(uow: UnitOfWork, org_id: UUID, most: int) -> Sequence[DeviceActivation]:
    """The newest activation codes (index: ix_device_activations_org_id_created_at)."""
    statement = select(DeviceActivation).where(col(DeviceActivation.org_id) == org_id)
    return (await uow.session.scalars(statement.order_by(col(DeviceActivation.created_at).desc()).limit(most))).all()


async def names_of(uow: UnitOfWork, org_id: UUID, farm_id: UUID | None) -> tuple[str, str | None]:
    """What an organisation and one of its farms are called."""
    farm = select(col(Farm.name)).where(col(Farm.id) == farm_id, col(Farm.org_id) == org_id).scalar_subquery()
    row = (await uow.session.execute(select(col(Organization.name), farm).where(col(Organization.id) == org_id))).one()
    return row[0], row[1]


async def count_refusal(uow: UnitOfWork, device_id: UUID, at: datetime) -> None:
    await uow.session.execute(
        update(Device)
        .where(col(Device.id) == device_id)
        .values(refused_count=col(Device.refused_count) + 1, last_seen_at=at)
    )


async def touch_key(uow: UnitOfWork, key_id: UUID, at: datetime, *, not_since: datetime) -> None:
    """Note that a key was used, unless that was noted since `not_since`."""
    await uow.session.execute(
        update(DeviceKey)
        .where(
            col(DeviceKey.id) == key_id,
            or_(col(DeviceKey.last_used_at).is_(None), col(DeviceKey.last_used_at) < not_since),
        )
        .values(last_used_at=at)
    )


def _in_scope(actor: Actor) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Device.org_id) == actor.org_id]
    if actor.farm_ids is not None:
        conditions.append(col(Device.farm_id).in_(actor.farm_ids))
    return conditions


def _listed(actor: Actor) -> Select[Device, str | None]:
    """The base of every list: devices in the actor's scope with the names of their farms."""
    return select(Device, col(Farm.name)).outerjoin(Farm, col(Farm.id) == col(Device.farm_id)).where(*_in_scope(actor))


async def page(
    uow: UnitOfWork,
    *,
    after: tuple[str, UUID] | None,
    backward: bool,
    limit: int,
    farm_id: UUID | None,
    text_in: str | None,
) -> Sequence[tuple[Device, str | None]]:
    """Up to `limit` devices by code, after (or before) a code and id; `text_in` is looked for in code and label."""
    statement = _listed(uow.actor)
    if farm_id is not None:
        statement = statement.where(col(Device.farm_id) == farm_id)
    if text_in:
        matches = [
            func.strpos(func.lower(column), text_in.lower()) > 0
            for column in (col(Device.device_code), col(Device.label))
        ]
        statement = statement.where(or_(*matches))
    key = (col(Device.device_code), col(Device.id))
    if after is not None:
        mine = func.row(*key)
        bound = func.row(literal(after[0]), literal(after[1]))
        statement = statement.where(mine < bound if backward else mine > bound)
    order = [column.desc() if backward else column.asc() for column in key]
    found = (await uow.session.execute(statement.order_by(*order).limit(limit))).all()
    return found[::-1] if backward else found


async def get(uow: UnitOfWork, device_id: UUID) -> tuple[Device, str | None] | None:
    return (await uow.session.execute(_listed(uow.actor).where(col(Device.id) == device_id))).one_or_none()


async def get_by_code(uow: UnitOfWork, code: str) -> Device | None:
    return await uow.session.scalar(select(Device).where(*_in_scope(uow.actor), col(Device.device_code) == code))


async def insert_if_new(uow: UnitOfWork, device: Device) -> bool:
    """Store a new device; False when its code is taken, by whomever."""
    made = await uow.session.execute(
        insert(Device)
        .values(
            id=device.id,
            org_id=device.org_id,
            device_code=device.device_code,
            label=device.label,
            farm_id=device.farm_id,
            s3_prefix_hint=f"raw/{device.device_code}/",
            registered=True,
        )
        .on_conflict_do_nothing(index_elements=["device_code"])
        .returning(col(Device.id))
    )
    return made.first() is not None


async def taken_codes(uow: UnitOfWork, codes: Sequence[str]) -> set[str]:
    """Those of the codes under which nothing can be registered any more, whoever has them."""
    found = await uow.session.execute(TAKEN_CODES, {"codes": list(codes), "org": uow.actor.org_id})
    return set(found.scalars())


async def change(uow: UnitOfWork, device_id: UUID, values: Mapping[str, Any]) -> None:
    """Write columns of a device of the asker's organisation."""
    these = col(Device.org_id) == uow.actor.org_id, col(Device.id) == device_id
    await uow.session.execute(update(Device).where(*these).values(**values))


async def silence_changes(uow: UnitOfWork, most: int) -> list[tuple[UUID, UUID, bool]]:
    """(organisation, device, silent) of devices of every organisation whose mark is behind the clock."""
    found = await uow.session.execute(SILENCE_CHANGES, {"most": most})
    return [(row.org_id, row.device_id, row.silent) for row in found]


async def silent_after_h(uow: UnitOfWork) -> int | None:
    """The organisation's own threshold, None where it chose none."""
    chosen = col(Organization.settings)[SETTINGS]["silent_after_h"].as_integer()
    return await uow.session.scalar(select(chosen).where(col(Organization.id) == uow.actor.org_id))


async def set_silent_after_h(uow: UnitOfWork, hours: int) -> None:
    """Keep the threshold among the organisation's settings, beside what else is there."""
    settings = col(Organization.settings)
    others = case((func.jsonb_typeof(settings) == "object", settings), else_=literal({}, JSONB))
    await uow.session.execute(
        update(Organization)
        .where(col(Organization.id) == uow.actor.org_id)
        .values(settings=others.op("||")({SETTINGS: {"silent_after_h": hours}}), updated_at=func.now())
    )


async def all_listed(uow: UnitOfWork, most: int) -> Sequence[tuple[Device, str | None]]:
    """Devices in the asker's scope with the names of their farms, by code."""
    return (await uow.session.execute(_listed(uow.actor).order_by(col(Device.device_code)).limit(most))).all()


async def positions(uow: UnitOfWork, device_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, float, float]]:
    """(scan, lat, lon) of each device's newest capture with a position, among its newest hundred.

    Index: ix_scans_device_id_captured_at.
    """
    found = await uow.session.execute(POSITIONS, {"ids": list(device_ids), "org": uow.actor.org_id})
    return {row.device_id: (row.scan_id, row.lat, row.lon) for row in found}


async def farm_exists(uow: UnitOfWork, farm_id: UUID) -> bool:
    statement = select(col(Farm.id)).where(col(Farm.org_id) == uow.actor.org_id, col(Farm.id) == farm_id)
    return await uow.session.scalar(statement) is not None


async def keys_of(uow: UnitOfWork, device_id: UUID) -> Sequence[DeviceKey]:
    statement = (
        select(DeviceKey)
        .where(col(DeviceKey.org_id) == uow.actor.org_id, col(DeviceKey.device_id) == device_id)
        .order_by(col(DeviceKey.id).desc())
    )
    return (await uow.session.scalars(statement)).all()


async def revoke_keys(uow: UnitOfWork, device_id: UUID, at: datetime, *, only: UUID | None = None) -> int:
    """Revoke the device's live keys, or one of them; returns how many were live."""
    conditions: list[ColumnElement[bool]] = [
        col(DeviceKey.org_id) == uow.actor.org_id,
        col(DeviceKey.device_id) == device_id,
        col(DeviceKey.revoked_at).is_(None),
    ]
    if only is not None:
        conditions.append(col(DeviceKey.id) == only)
    done = await uow.session.execute(
        update(DeviceKey).where(and_(*conditions)).values(revoked_at=at).returning(col(DeviceKey.id))
    )
    return len(done.all())


async def captures_by_day(uow: UnitOfWork, device_id: UUID, since: datetime) -> dict[date, int]:
    """Scans by the UTC day they were captured on (index: ix_scans_device_id_captured_at)."""
    day = func.date(func.timezone("UTC", col(Scan.captured_at)))
    statement = (
        select(day, func.count())
        .where(col(Scan.org_id) == uow.actor.org_id, col(Scan.device_id) == device_id, col(Scan.captured_at) >= since)
        .group_by(day)
    )
    return {row[0]: row[1] for row in (await uow.session.execute(statement)).all()}


async def refusals_by_day(uow: UnitOfWork, device_code: str, since: datetime) -> dict[date, int]:
    """Refused deliveries by UTC day (index: ix_ingestion_log_org_id_device_code)."""
    day = func.date(func.timezone("UTC", col(IngestionLog.created_at)))
    statement = (
        select(day, func.count())
        .where(
            col(IngestionLog.org_id) == uow.actor.org_id,
            col(IngestionLog.device_code) == device_code,
            col(IngestionLog.created_at) >= since,
            col(IngestionLog.outcome).in_(("refused", "conflict")),
        )
        .group_by(day)
    )
    return {row[0]: row[1] for row in (await uow.session.execute(statement)).all()}
