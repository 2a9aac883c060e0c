"""Every query about farms and their boundaries."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Integer, Row, ScalarSelect, Select, Text, cast, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.core.paging import NamePlace
from backend.devices.models import Device
from backend.farms.geometry import DECIMALS, Outline
from backend.farms.models import SRID, Farm, FarmGeofence
from backend.herd.models import Animal
from backend.identity.models import Membership, MembershipFarm, User
from backend.scans.models import ScanTotal

Rows = Sequence[Row[*tuple[Any, ...]]]
COLUMNS: tuple[Any, ...] = (
    col(Farm.id),
    col(Farm.name),
    col(Farm.time_zone),
    func.ST_Y(col(Farm.centroid)).label("lat"),
    func.ST_X(col(Farm.centroid)).label("lon"),
    col(Farm.created_at),
    col(Farm.updated_at),
)
# Geodesic, so that it holds at every latitude.
AREA_M2 = func.ST_Area(func.geography(col(FarmGeofence.geofence)))


def _farms(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The farms in the asker's scope."""
    query: Select[*tuple[Any, ...]] = select(*COLUMNS).where(col(Farm.org_id) == actor.org_id)
    return query if actor.farm_ids is None else query.where(col(Farm.id).in_(actor.farm_ids))


async def rows(uow: UnitOfWork, actor: Actor) -> Rows:
    """The farms in the asker's scope, by name."""
    return (await uow.session.execute(_farms(actor).order_by(col(Farm.name), col(Farm.id)))).all()


async def page(uow: UnitOfWork, actor: Actor, place: NamePlace | None, *, limit: int) -> Rows:
    """Farms by name from a place on, nearest first."""
    key = (col(Farm.name), col(Farm.id))
    backward = place is not None and place.backward
    query = _farms(actor)
    if place is not None:
        there = tuple_(place.text, place.id)
        query = query.where(tuple_(*key) < there if backward else tuple_(*key) > there)
    order = [column.desc() if backward else column.asc() for column in key]
    return (await uow.session.execute(query.order_by(*order).limit(limit))).all()


async def counts(uow: UnitOfWork, farm_ids: Sequence[UUID]) -> Rows:
    """(id, area_m2, animals, devices, scans) of farms, as far as the asker sees what is on them."""
    ground = func.ST_Area(func.geography(func.ST_Union(col(FarmGeofence.geofence))))
    area = select(func.coalesce(ground, 0.0)).where(col(FarmGeofence.farm_id) == col(Farm.id)).scalar_subquery()
    scans = select(func.coalesce(func.sum(col(ScanTotal.n)), 0)).where(
        col(ScanTotal.org_id) == uow.actor.org_id, col(ScanTotal.farm_id) == col(Farm.id)
    )
    if uow.actor.role == "farmer":
        scans = scans.where(col(ScanTotal.review) == "accepted")
    columns: tuple[Any, ...] = (
        col(Farm.id),
        area,
        _number(Animal),
        _number(Device),
        cast(scans.scalar_subquery(), Integer),
    )
    query = select(*columns).where(col(Farm.org_id) == uow.actor.org_id, col(Farm.id).in_(farm_ids))
    return (await uow.session.execute(query)).all()


def _number(table: type[Animal | Device]) -> ScalarSelect[int]:
    """How many rows of a table belong to the farm (index: org_id, farm_id)."""
    query = select(func.count()).select_from(table)
    return query.where(col(table.org_id) == col(Farm.org_id), col(table.farm_id) == col(Farm.id)).scalar_subquery()


async def one(uow: UnitOfWork, actor: Actor, farm_id: UUID) -> Row[*tuple[Any, ...]] | None:
    return (await uow.session.execute(_farms(actor).where(col(Farm.id) == farm_id))).one_or_none()


async def insert_if_new(uow: UnitOfWork, values: Mapping[str, object]) -> bool:
    """Store a farm; False when the name is taken."""
    statement = insert(Farm).values(values).on_conflict_do_nothing(index_elements=["org_id", "name"])
    return (await uow.session.execute(statement.returning(col(Farm.id)))).scalar_one_or_none() is not None


async def name_is_taken(uow: UnitOfWork, org_id: UUID, name: str, but: UUID) -> bool:
    query = select(col(Farm.id)).where(col(Farm.org_id) == org_id, col(Farm.name) == name, col(Farm.id) != but)
    return (await uow.session.execute(query)).first() is not None


async def change(uow: UnitOfWork, org_id: UUID, farm_id: UUID, values: Mapping[str, object]) -> None:
    statement = update(Farm).where(col(Farm.id) == farm_id, col(Farm.org_id) == org_id)
    await uow.session.execute(statement.values(updated_at=func.now(), **values))


async def take_turns(uow: UnitOfWork, org_id: UUID, farm_id: UUID) -> None:
    """Wait for whoever else is changing this farm."""
    await uow.session.execute(
        select(col(Farm.id)).where(col(Farm.id) == farm_id, col(Farm.org_id) == org_id).with_for_update()
    )


async def faults(uow: UnitOfWork, outlines: Sequence[Outline]) -> list[tuple[str, float]]:
    """For each outline why it is no valid polygon ("Valid Geometry" when it is) and its area in m²."""
    texts = cast([_text(outline) for outline in outlines], ARRAY(Text()))
    given = func.unnest(texts).table_valued("geojson", with_ordinality="n").render_derived("given")
    polygon = func.ST_SetSRID(func.ST_GeomFromGeoJSON(given.c.geojson), SRID)
    query = select(func.ST_IsValidReason(polygon), func.ST_Area(func.geography(polygon))).order_by(given.c.n)
    return [(reason, area) for reason, area in (await uow.session.execute(query)).all()]


def _text(outline: Outline) -> str:
    return orjson.dumps(outline.as_geojson()).decode()


async def add_geofences(uow: UnitOfWork, org_id: UUID, farm_id: UUID, outlines: Sequence[Outline]) -> None:
    """Store polygons in their order and let the farm's own outline follow."""
    for outline in outlines:
        polygon = func.ST_SetSRID(func.ST_GeomFromGeoJSON(_text(outline)), SRID)
        values = {"id": new_id(), "org_id": org_id, "farm_id": farm_id, "label": outline.label, "geofence": polygon}
        await uow.session.execute(insert(FarmGeofence).values(created_at=func.clock_timestamp(), **values))
    await _follow(uow, org_id, farm_id)


async def remove_geofences(uow: UnitOfWork, org_id: UUID, farm_id: UUID, only: UUID | None = None) -> int:
    """Delete a farm's polygons, or `only` one of them; returns how many went."""
    statement = delete(FarmGeofence).where(col(FarmGeofence.farm_id) == farm_id, col(FarmGeofence.org_id) == org_id)
    if only is not None:
        statement = statement.where(col(FarmGeofence.id) == only)
    gone = (await uow.session.execute(statement.returning(col(FarmGeofence.id)))).all()
    await _follow(uow, org_id, farm_id)
    return len(gone)


async def _follow(uow: UnitOfWork, org_id: UUID, farm_id: UUID) -> None:
    """The farm's own outline is its first polygon; its map opens at a point inside."""
    mine = select(col(FarmGeofence.geofence)).where(col(FarmGeofence.farm_id) == farm_id)
    first = mine.order_by(col(FarmGeofence.created_at), col(FarmGeofence.id)).limit(1).scalar_subquery()
    inside = (
        select(func.ST_PointOnSurface(func.ST_Collect(col(FarmGeofence.geofence))))
        .where(col(FarmGeofence.farm_id) == farm_id)
        .scalar_subquery()
    )
    await change(uow, org_id, farm_id, {"geofence": first, "centroid": inside})


async def geofences(uow: UnitOfWork, org_id: UUID, farm_id: UUID) -> Rows:
    """(id, label, geojson, area_m2, created_at) of a farm's polygons, in the order they were drawn."""
    columns: tuple[Any, ...] = (
        col(FarmGeofence.id),
        col(FarmGeofence.label),
        func.ST_AsGeoJSON(col(FarmGeofence.geofence), DECIMALS).label("geojson"),
        AREA_M2.label("area_m2"),
        col(FarmGeofence.created_at),
    )
    query = select(*columns).where(col(FarmGeofence.org_id) == org_id, col(FarmGeofence.farm_id) == farm_id)
    return (await uow.session.execute(query.order_by(col(FarmGeofence.created_at), col(FarmGeofence.id)))).all()


async def covered_m2(uow: UnitOfWork, org_id: UUID, farm_id: UUID) -> float:
    """The ground a farm's polygons cover together, in m²; where they overlap it counts once."""
    together = func.ST_Area(func.geography(func.ST_Union(col(FarmGeofence.geofence))))
    query = select(together).where(col(FarmGeofence.org_id) == org_id, col(FarmGeofence.farm_id) == farm_id)
    return await uow.session.scalar(query) or 0.0


async def members(uow: UnitOfWork, org_id: UUID, farm_id: UUID) -> Rows:
    """(id, full_name, email, role, is_owner) of active people assigned to a farm, by name."""
    columns: tuple[Any, ...] = (
        col(User.id),
        col(User.full_name),
        col(User.email),
        col(Membership.role),
        col(MembershipFarm.is_owner),
    )
    query = (
        select(*columns)
        .join(Membership, col(Membership.id) == col(MembershipFarm.membership_id))
        .join(User, col(User.id) == col(Membership.user_id))
        .where(
            col(MembershipFarm.farm_id) == farm_id,
            col(MembershipFarm.org_id) == org_id,
            col(Membership.org_id) == org_id,
            col(User.status) == "active",
        )
        .order_by(col(User.full_name), col(User.email))
    )
    return (await uow.session.execute(query)).all()


async def farm_at(uow: UnitOfWork, org_id: UUID, lon: float, lat: float) -> UUID | None:
    """The farm whose boundary covers a point; of several, the one drawn last."""
    found: UUID | None = await uow.session.scalar(select(func.farm_at(org_id, lon, lat)))
    return found
