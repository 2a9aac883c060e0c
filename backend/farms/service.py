"""Farms: which ones the asker may see, their names and boundaries, and who works there.

A boundary decides to which farm a capture without one belongs, so a polygon that crosses itself is refused here,
with the place of the crossing, before the table would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import available_timezones

import orjson

from backend.audit import service as audit
from backend.core.actor import Role
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.paging import DEFAULT_LIMIT, Page, name_page, name_place
from backend.farms import boundary_repository, geometry, repository
from backend.farms.geometry import Corner, GeoJson, Outline
from backend.identity import service as identity
from backend.tasks import service as tasks

NAME_CHARS = 120
LEAST_AREA_M2 = 1.0
PLACING = "farms.place_scans"
"""The kind of background task that puts captures into a farm by its boundary."""
PLACED_MOST = 10_000
VALID = "Valid Geometry"


class FarmNameTaken(Conflict):
    code, title = "farm_name_taken", "There is a farm of this name already"


class FarmNotFound(NotFound):
    title = "The farm was not found"


class GeofenceNotFound(NotFound):
    title = "The boundary was not found"


@dataclass(frozen=True, slots=True)
class FarmRow:
    """A farm as lists and choices show it; `lat`, `lon` lie inside its boundary."""

    id: UUID
    name: str
    time_zone: str
    lat: float | None
    lon: float | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FarmSummary:
    """A farm with what is on it, as far as the asker sees that; 0 m² while it has no boundary."""

    farm: FarmRow
    area_m2: float
    animals: int
    devices: int
    scans: int


@dataclass(frozen=True, slots=True)
class Geofence:
    """One polygon of a farm's boundary; its area is geodesic."""

    id: UUID
    label: str | None
    geojson: dict[str, Any]
    area_m2: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Placing:
    """The background task that puts captures into a farm, and how many it will find (PLACED_MOST: or more)."""

    task_id: UUID
    scans: int


@dataclass(frozen=True, slots=True)
class Boundary:
    """All polygons of a farm in the order they were drawn, with the ground they cover together.

    `placing` says what a change just made leads to.
    """

    geofences: list[Geofence]
    area_m2: float
    placing: Placing | None = None


@dataclass(frozen=True, slots=True)
class FarmMember:
    """A person assigned to a farm. Those who see every farm are not listed here."""

    id: UUID
    full_name: str | None
    email: str
    role: Role
    is_owner: bool


async def list_farms(uow: UnitOfWork) -> list[FarmRow]:
    """All farms in the asker's scope, by name."""
    return [FarmRow(*row) for row in await repository.rows(uow, uow.actor)]


async def page_farms(uow: UnitOfWork, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[FarmRow]:
    """The same a page at a time. Raises BadCursor."""
    place = name_place(cursor)
    found = [FarmRow(*row) for row in await repository.page(uow, uow.actor, place, limit=limit + 1)]
    return name_page(found, limit, place, lambda farm: (farm.name, farm.id))


async def get_farm(uow: UnitOfWork, farm_id: UUID) -> FarmRow:
    """One farm in the asker's scope; raises FarmNotFound for any other."""
    row = await repository.one(uow, uow.actor, farm_id)
    if row is None:
        raise FarmNotFound
    return FarmRow(*row)


async def create_farm(
    uow: UnitOfWork, name: str, *, time_zone: str = "America/Edmonton", boundary: Sequence[Corner] = ()
) -> FarmRow:
    """Add a farm to the asker's organisation, with a boundary if its corners are given (no need to close the ring).

    Raises Forbidden, Invalid, FarmNameTaken.
    """
    org_id, farm_id = require_admin(uow), new_id()
    values = {"id": farm_id, "org_id": org_id, "name": _clean_name(name), "time_zone": _known_zone(time_zone)}
    outlines = [geometry.outline_of(boundary)] if boundary else []
    await _refuse_crossing(uow, outlines)
    if not await repository.insert_if_new(uow, values):
        raise FarmNameTaken(f"There is a farm called {values['name']} already.")
    if outlines:
        await repository.add_geofences(uow, org_id, farm_id, outlines)
    await audit.record(uow, "farm.created", "farm", farm_id, after={"name": values["name"], "bounded": bool(outlines)})
    _tell(uow, "farm.created", farm_id)
    return await get_farm(uow, farm_id)


async def update_farm(uow: UnitOfWork, farm_id: UUID, *, name: str | None = None, time_zone: str | None = None) -> None:
    """Change what is given. Raises Forbidden, FarmNotFound, Invalid, FarmNameTaken."""
    org_id = require_admin(uow)
    farm = await get_farm(uow, farm_id)
    given = {"name": name and _clean_name(name), "time_zone": time_zone and _known_zone(time_zone)}
    if name is not None and not given["name"]:
        raise _invalid("name", f"must have 1 to {NAME_CHARS} characters")
    values = {key: value for key, value in given.items() if value and value != getattr(farm, key)}
    if not values:
        return
    if "name" in values and await repository.name_is_taken(uow, org_id, str(values["name"]), farm_id):
        raise FarmNameTaken(f"There is a farm called {values['name']} already.")
    await repository.change(uow, org_id, farm_id, values)
    before = {key: getattr(farm, key) for key in values}
    await audit.record(uow, "farm.updated", "farm", farm_id, before=before, after=values)
    _tell(uow, "farm.updated", farm_id)


async def get_boundary(uow: UnitOfWork, farm_id: UUID) -> Boundary:
    """A farm's polygons with their area. Raises FarmNotFound."""
    farm = await get_farm(uow, farm_id)
    org_id = _org(uow)
    rows = await repository.geofences(uow, org_id, farm.id)
    drawn = [Geofence(row.id, row.label, orjson.loads(row.geojson), row.area_m2, row.created_at) for row in rows]
    return Boundary(drawn, await repository.covered_m2(uow, org_id, farm.id) if drawn else 0.0)


async def add_geofences(uow: UnitOfWork, farm_id: UUID, document: GeoJson, *, replace: bool = False) -> Boundary:
    """Add the polygons of a GeoJSON document to a farm's boundary, or put them in its place.

    Raises Forbidden, FarmNotFound, and Invalid for holes, crossings, emptiness and what lies off the map.
    """
    org_id = require_admin(uow)
    farm = await get_farm(uow, farm_id)
    outlines = await read_boundary(uow, document)
    before = await _locked_boundary(uow, farm_id)
    if not replace and len(before.geofences) + len(outlines) > geometry.MOST_POLYGONS:
        raise _invalid("boundary", f"would have more than {geometry.MOST_POLYGONS} polygons")
    if replace:
        await repository.remove_geofences(uow, org_id, farm_id)
    await repository.add_geofences(uow, org_id, farm_id, outlines)
    return replaced(await _recorded(uow, farm, before), placing=await _place_scans(uow, farm))


async def _place_scans(uow: UnitOfWork, farm: FarmRow) -> Placing | None:
    """Have a worker put the captures into the farm that its boundary claims now and no farm has yet."""
    waiting = len(await boundary_repository.unassigned_of(uow, _org(uow), farm.id, PLACED_MOST))
    if not waiting:
        return None
    params = {"farm_id": farm.id}
    task_id = await tasks.start_task(uow, PLACING, params, title=f"Assign scans to {farm.name}", total=waiting)
    return Placing(task_id, waiting)


async def read_boundary(uow: UnitOfWork, document: GeoJson) -> list[Outline]:
    """The polygons of a GeoJSON document, each a valid one. Raises Invalid, with the place of each mistake."""
    outlines = geometry.read(document)
    await _refuse_crossing(uow, outlines)
    return outlines


async def remove_geofence(uow: UnitOfWork, farm_id: UUID, geofence_id: UUID) -> None:
    """Take one polygon off a farm's boundary. Raises Forbidden, FarmNotFound, GeofenceNotFound."""
    org_id = require_admin(uow)
    farm = await get_farm(uow, farm_id)
    before = await _locked_boundary(uow, farm_id)
    if not await repository.remove_geofences(uow, org_id, farm_id, geofence_id):
        raise GeofenceNotFound
    await _recorded(uow, farm, before)


async def clear_boundary(uow: UnitOfWork, farm_id: UUID) -> None:
    """Leave a farm without a boundary. Raises Forbidden, FarmNotFound."""
    org_id = require_admin(uow)
    farm = await get_farm(uow, farm_id)
    before = await _locked_boundary(uow, farm_id)
    if before.geofences:
        await repository.remove_geofences(uow, org_id, farm_id)
        await _recorded(uow, farm, before)


async def _locked_boundary(uow: UnitOfWork, farm_id: UUID) -> Boundary:
    """The boundary as it is once whoever else is changing it has finished."""
    await repository.take_turns(uow, _org(uow), farm_id)
    return await get_boundary(uow, farm_id)


async def _recorded(uow: UnitOfWork, farm: FarmRow, before: Boundary) -> Boundary:
    """Note a changed boundary in the audit log, whole: which captures fell into which farm must stay explicable."""
    after = await get_boundary(uow, farm.id)
    kept = [{"polygons": [fence.geojson for fence in boundary.geofences]} for boundary in (before, after)]
    await audit.record(uow, "farm.boundary_changed", "farm", farm.id, before=kept[0], after=kept[1])
    _tell(uow, "farm.updated", farm.id)
    return after


def _tell(uow: UnitOfWork, topic: str, farm_id: UUID) -> None:
    uow.publish(Event(topic, _org(uow), farm_id=farm_id, data={"farm_id": str(farm_id)}))


async def list_members(uow: UnitOfWork, farm_id: UUID) -> list[FarmMember]:
    """The people assigned to a farm, by name. Raises FarmNotFound."""
    await get_farm(uow, farm_id)
    rows = await repository.members(uow, _org(uow), farm_id)
    return [FarmMember(row.id, row.full_name, row.email, cast("Role", row.role), row.is_owner) for row in rows]


async def set_member(uow: UnitOfWork, farm_id: UUID, user_id: UUID, *, is_owner: bool = False) -> None:
    """Assign a person to a farm, or say whether they own it.

    Raises Forbidden, FarmNotFound, PersonNotFound, LastOwner.
    """
    farm = await get_farm(uow, farm_id)
    await identity.put_on_farm(uow, farm.id, user_id, is_owner=is_owner)


async def remove_member(uow: UnitOfWork, farm_id: UUID, user_id: UUID) -> None:
    """Take a person off a farm. Raises Forbidden, FarmNotFound, PersonNotFound, LastOwner."""
    farm = await get_farm(uow, farm_id)
    await identity.take_off_farm(uow, farm.id, user_id)


async def list_summaries(
    uow: UnitOfWork, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[FarmSummary]:
    """The asker's farms with what is on them, a page at a time. Raises BadCursor."""
    page = await page_farms(uow, cursor=cursor, limit=limit)
    counts = {row.id: row for row in await repository.counts(uow, [farm.id for farm in page.items])}
    items = [FarmSummary(farm, *counts[farm.id][1:]) for farm in page.items]
    return Page(items, next_cursor=page.next_cursor, prev_cursor=page.prev_cursor)


async def summarise(uow: UnitOfWork, farm_id: UUID) -> FarmSummary:
    """One farm with what is on it. Raises FarmNotFound."""
    farm = await get_farm(uow, farm_id)
    (row,) = await repository.counts(uow, [farm.id])
    return FarmSummary(farm, *row[1:])


async def find_farm_at(uow: UnitOfWork, lat: float, lon: float) -> UUID | None:
    """The farm of the asker's organisation whose boundary covers a point; of several, the one drawn last."""
    return None if uow.actor.org_id is None else await repository.farm_at(uow, uow.actor.org_id, lon, lat)


async def _refuse_crossing(uow: UnitOfWork, outlines: Sequence[Outline]) -> None:
    found = await repository.faults(uow, outlines) if outlines else []
    mistakes = []
    for outline, (reason, area_m2) in zip(outlines, found, strict=True):
        if reason != VALID:
            mistakes.append(FieldError(path=outline.path, message=geometry.in_words(reason)))
        elif area_m2 < LEAST_AREA_M2:
            mistakes.append(FieldError(path=outline.path, message="encloses no area"))
    if mistakes:
        raise Invalid("The boundary is not valid.", errors=mistakes)


def require_admin(uow: UnitOfWork) -> UUID:
    """The organisation whose farms the asker manages; raises Forbidden."""
    if uow.actor.role not in {"admin", "system"} or uow.actor.org_id is None:
        raise Forbidden("Only an admin may manage farms.")
    return uow.actor.org_id


def _org(uow: UnitOfWork) -> UUID:
    assert uow.actor.org_id is not None  # noqa: S101 (called once a farm was found in it, or an admin asks)
    return uow.actor.org_id


def _clean_name(name: str) -> str:
    bare = " ".join(name.replace("\x00", " ").split())
    if not 0 < len(bare) <= NAME_CHARS:
        raise _invalid("name", f"must have 1 to {NAME_CHARS} characters")
    return bare


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise _invalid("time_zone", "must be a name of the time zone database, such as America/Edmonton")
    return name


def _invalid(path: str, message: str) -> Invalid:
    return Invalid("The farm is not valid.", errors=[FieldError(path=path, message=message)])
