"""Groups as people keep them: pens, lots, contemporary groups. Everybody of a farm sees its groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.paging import DEFAULT_LIMIT, Page, name_page, name_place
from backend.herd import list_repository, repository
from backend.herd.models import Group
from backend.herd.naming import check_farm, line, name, require_worker, wrong

NAME_CHARS = 255
"""As long as devices may call a group."""


class GroupNotFound(NotFound):
    title = "The group was not found"


class GroupNameTaken(Conflict):
    code, title = "group_taken", "Devices know another group by this name"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group as lists show it. `external_id` is what devices call it; `animals` counts the active ones."""

    id: UUID
    name: str
    external_id: str | None
    farm_id: UUID | None
    farm_name: str | None
    animals: int
    created_at: datetime
    updated_at: datetime


async def list_groups(
    uow: UnitOfWork, *, farm_id: UUID | None = None, q: str = "", cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[GroupRow]:
    """Groups in the asker's scope by name; `q` is looked for in both names. Raises BadCursor."""
    place = name_place(cursor)
    rows = await list_repository.groups(uow, place, farm_id=farm_id, words=q.strip(), limit=limit + 1)
    return name_page([GroupRow(*row) for row in rows], limit, place, lambda group: (group.name, group.id))


async def get_group(uow: UnitOfWork, group_id: UUID) -> Group:
    """One group in the asker's scope; raises GroupNotFound for any other."""
    found = await repository.group(uow, group_id)
    if found is None:
        raise GroupNotFound
    return found


async def get_group_row(uow: UnitOfWork, group_id: UUID) -> GroupRow:
    """The same as lists show it."""
    row = await list_repository.one_group(uow, group_id)
    if row is None:
        raise GroupNotFound
    return GroupRow(*row)


async def create_group(
    uow: UnitOfWork, group_name: str, *, farm_id: UUID | None, external_id: str | None = None
) -> GroupRow:
    """Add a group. Raises Forbidden, Invalid, GroupNameTaken."""
    org_id, group_id = require_worker(uow), new_id()
    given = {"name": group_name, "farm_id": farm_id, "external_id": external_id}
    values = await _checked(uow, given)
    if await repository.insert_group(uow, {"id": group_id, "org_id": org_id, **values}) is not None:
        raise GroupNameTaken
    await audit.record(uow, "group.created", "group", group_id, after=values)
    _tell(uow, "group.created", group_id, farm_id)
    return await get_group_row(uow, group_id)


async def update_group(uow: UnitOfWork, group_id: UUID, changes: Mapping[str, Any]) -> GroupRow:
    """Change columns of a group. Raises Forbidden, GroupNotFound, Invalid, GroupNameTaken."""
    require_worker(uow)
    group = await get_group(uow, group_id)
    checked = await _checked(uow, changes)
    values = {column: value for column, value in checked.items() if getattr(group, column) != value}
    if "farm_id" in values and await repository.has_strays(uow, group_id, values["farm_id"]):
        raise wrong("farm_id", "would part the group from its animals: move them first")
    if values:
        before, left = {column: getattr(group, column) for column in values}, group.farm_id
        if await repository.update_group(uow, group_id, values) is not None:
            raise GroupNameTaken
        await audit.record(uow, "group.updated", "group", group_id, before=before, after=values)
        for farm_id in dict.fromkeys([left, values.get("farm_id", left)]):
            _tell(uow, "group.updated", group_id, farm_id)
    return await get_group_row(uow, group_id)


async def _checked(uow: UnitOfWork, given: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    if "name" in values:
        values["name"] = name("name", values["name"], NAME_CHARS)
    if "external_id" in values:
        values["external_id"] = line("external_id", values["external_id"], NAME_CHARS)
    if "farm_id" in values:
        await check_farm(uow, values["farm_id"])
    return values


def _tell(uow: UnitOfWork, topic: str, group_id: UUID, farm_id: UUID | None) -> None:
    assert uow.actor.org_id is not None  # noqa: S101 (required of whoever writes)
    uow.publish(Event(topic, uow.actor.org_id, farm_id=farm_id, data={"group_id": str(group_id)}))
