"""Animals as people keep them. Everybody of a farm sees its animals; admins and technicians write them down.

A tag is unique in its farm, a transponder in its organisation. An animal and its group stand on the same farm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.paging import DEFAULT_LIMIT, Page, name_page, name_place
from backend.farms import service as farms
from backend.herd import list_repository, repository
from backend.herd.cascade import Place, Stand, follow
from backend.herd.groups import GroupNotFound, get_group
from backend.herd.list_repository import AnimalFilters
from backend.herd.models import Animal
from backend.herd.naming import check_farm, line, name, require_worker, wrong

NAME_CHARS = 64
"""As long as devices may give a tag or a transponder."""
BREED_CHARS = 80
EARLIEST_BIRTH = date(1970, 1, 1)


class AnimalNotFound(NotFound):
    title = "The animal was not found"


class TagTaken(Conflict):
    code, title = "tag_taken", "Another animal of the farm wears this tag"


class RfidTaken(Conflict):
    code, title = "rfid_taken", "Another animal of the organisation carries this transponder"


TAKEN: Mapping[str, type[Conflict]] = {"uq_animals_farm_id_tag_id": TagTaken, "uq_animals_org_id_rfid": RfidTaken}


@dataclass(frozen=True, slots=True)
class AnimalRow:
    """An animal as lists show it."""

    id: UUID
    tag_id: str
    rfid: str | None
    breed: str | None
    sex: str | None
    birth_date: date | None
    status: str
    farm_id: UUID | None
    farm_name: str | None
    group_id: UUID | None
    group_name: str | None
    created_at: datetime
    updated_at: datetime


async def list_animals(
    uow: UnitOfWork, wanted: AnimalFilters, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[AnimalRow]:
    """Animals in the asker's scope by tag. Raises BadCursor."""
    place = name_place(cursor)
    rows = await list_repository.animals(uow, wanted, place, limit=limit + 1)
    return name_page([AnimalRow(*row) for row in rows], limit, place, lambda animal: (animal.tag_id, animal.id))


async def get_animal(uow: UnitOfWork, animal_id: UUID) -> Animal:
    """One animal in the asker's scope; raises AnimalNotFound for any other."""
    found = await repository.animal(uow, animal_id)
    if found is None:
        raise AnimalNotFound
    return found


async def get_animal_row(uow: UnitOfWork, animal_id: UUID) -> AnimalRow:
    """The same as lists show it."""
    row = await list_repository.one_animal(uow, animal_id)
    if row is None:
        raise AnimalNotFound
    return AnimalRow(*row)


async def create_animal(uow: UnitOfWork, given: Mapping[str, Any]) -> AnimalRow:
    """Add an animal: `tag_id` and, where known, the other columns; without a farm it joins its group's.

    Raises Forbidden, Invalid, TagTaken, RfidTaken.
    """
    org_id, animal_id = require_worker(uow), new_id()
    known = {column: value for column, value in given.items() if value is not None}
    values = {"farm_id": None, **await _checked(uow, known, {})}
    await check_farm(uow, values["farm_id"])
    _raise_taken(await repository.insert_animal(uow, {"id": animal_id, "org_id": org_id, **values}))
    await audit.record(uow, "animal.created", "animal", animal_id, after=values)
    _tell(uow, "animal.created", animal_id, values["farm_id"])
    return await get_animal_row(uow, animal_id)


async def update_animal(uow: UnitOfWork, animal_id: UUID, changes: Mapping[str, Any]) -> AnimalRow:
    """Change columns of an animal; to another farm or group its scans go along.

    Raises Forbidden, AnimalNotFound, Invalid, TagTaken, RfidTaken.
    """
    require_worker(uow)
    animal = await get_animal(uow, animal_id)
    stands = {"farm_id": animal.farm_id, "group_id": animal.group_id}
    checked = await _checked(uow, changes, stands)
    values = {column: value for column, value in checked.items() if getattr(animal, column) != value}
    if values:
        before = {column: getattr(animal, column) for column in values}
        _raise_taken(await repository.update_animal(uow, animal_id, values))
        await audit.record(uow, "animal.updated", "animal", animal_id, before=before, after=values)
        if {"farm_id", "group_id"} & values.keys():
            await _take_scans_along(uow, Stand(animal_id, animal.tag_id, **stands), {**stands, **values})
        for farm_id in dict.fromkeys([stands["farm_id"], values.get("farm_id", stands["farm_id"])]):
            _tell(uow, "animal.updated", animal_id, farm_id)
    return await get_animal_row(uow, animal_id)


async def _take_scans_along(uow: UnitOfWork, left: Stand, stands: Mapping[str, Any]) -> None:
    farm_id, group_id = stands["farm_id"], stands["group_id"]
    farm = None if farm_id is None else (await farms.get_farm(uow, farm_id)).name
    group = None if group_id is None else (await get_group(uow, group_id)).name
    await follow(uow, [left], Place(farm_id, group_id, farm, group), new_id())


def _raise_taken(constraint: str | None) -> None:
    if constraint is not None:
        raise TAKEN[constraint]


async def _checked(uow: UnitOfWork, given: Mapping[str, Any], stands: Mapping[str, UUID | None]) -> dict[str, Any]:
    """The columns as they are stored; `stands` is where the animal is now."""
    values = dict(given)
    if "tag_id" in values:
        values["tag_id"] = name("tag_id", values["tag_id"], NAME_CHARS)
    for column, most in (("rfid", NAME_CHARS), ("breed", BREED_CHARS)):
        if column in values:
            values[column] = line(column, values[column], most)
    _check_birth(values.get("birth_date"))
    if {"farm_id", "group_id"} & values.keys():
        await _check_place(uow, values, {**stands, **values})
    return values


def _check_birth(day: date | None) -> None:
    tomorrow = utc_now().date() + timedelta(days=1)  # the day has begun somewhere already
    if day is not None and not EARLIEST_BIRTH <= day <= tomorrow:
        raise wrong("birth_date", f"must lie between {EARLIEST_BIRTH} and today")


async def _check_place(uow: UnitOfWork, values: dict[str, Any], stands: Mapping[str, UUID | None]) -> None:
    """Hold farm and group together; an animal of no farm that is given a group joins the group's farm."""
    farm_id, group_id = stands.get("farm_id"), stands.get("group_id")
    if "farm_id" in values:
        await check_farm(uow, farm_id)
    groups_farm = None if group_id is None else await _farm_of(uow, group_id)
    if farm_id is None and "farm_id" not in values:
        values["farm_id"] = groups_farm
    elif groups_farm not in {None, farm_id}:
        raise wrong("group_id", "is a group of another farm")


async def _farm_of(uow: UnitOfWork, group_id: UUID) -> UUID | None:
    try:
        return (await get_group(uow, group_id)).farm_id
    except GroupNotFound as error:
        raise wrong("group_id", "is no group of yours") from error


def _tell(uow: UnitOfWork, topic: str, animal_id: UUID, farm_id: UUID | None) -> None:
    assert uow.actor.org_id is not None  # noqa: S101 (required of whoever writes)
    uow.publish(Event(topic, uow.actor.org_id, farm_id=farm_id, data={"animal_id": str(animal_id)}))
