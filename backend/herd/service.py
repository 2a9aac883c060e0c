"""The herd subject's door: groups and animals as devices name them, and what people do with them.

What devices name is found, or made when it is seen for the first time; the rest is done in `groups` and `animals`.
"""

from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.herd import repository
from backend.herd.animals import (
    AnimalNotFound,
    AnimalRow,
    RfidTaken,
    TagTaken,
    create_animal,
    get_animal,
    get_animal_row,
    list_animals,
    update_animal,
)
from backend.herd.comparison import GroupStanding, MemberStanding, group_standing, ratios_in_group
from backend.herd.groups import (
    GroupNameTaken,
    GroupNotFound,
    GroupRow,
    create_group,
    get_group,
    get_group_row,
    list_groups,
    update_group,
)
from backend.herd.list_repository import AnimalFilters
from backend.herd.moves import (
    Moved,
    MoveNotFound,
    MoveOvertaken,
    MovePlan,
    MoveRow,
    TagsWorn,
    list_moves,
    move_animals,
    move_group,
    preview_group_move,
    preview_move,
    undo_move,
)
from backend.herd.overview import HerdAnimal, Overview, herd_overview, note_visit
from backend.herd.photos import photo_url, remove_photo, set_photo
from backend.herd.readings import Followed, Seen, follow_animal, follow_animals
from backend.herd.standing import Standing, stand
from backend.herd.targets import Target, Targets, read_targets, set_target, target_of
from backend.herd.weights import (
    WeightNotFound,
    WeightRow,
    list_weights,
    record_weight,
    remove_weight,
    weight_near,
    weight_of_day,
)

__all__ = [
    "AnimalFilters",
    "AnimalNotFound",
    "AnimalRow",
    "Followed",
    "GroupNameTaken",
    "GroupNotFound",
    "GroupRow",
    "GroupStanding",
    "HerdAnimal",
    "MemberStanding",
    "MoveNotFound",
    "MoveOvertaken",
    "MovePlan",
    "MoveRow",
    "Moved",
    "Overview",
    "RfidTaken",
    "Seen",
    "Standing",
    "TagTaken",
    "TagsWorn",
    "Target",
    "Targets",
    "WeightNotFound",
    "WeightRow",
    "create_animal",
    "create_group",
    "find_or_create_animal",
    "find_or_create_group",
    "follow_animal",
    "follow_animals",
    "get_animal",
    "get_animal_row",
    "get_group",
    "get_group_row",
    "group_standing",
    "herd_overview",
    "list_animals",
    "list_groups",
    "list_moves",
    "list_weights",
    "move_animals",
    "move_group",
    "note_visit",
    "photo_url",
    "preview_group_move",
    "preview_move",
    "ratios_in_group",
    "read_targets",
    "record_weight",
    "remove_photo",
    "remove_weight",
    "set_photo",
    "set_target",
    "stand",
    "target_of",
    "undo_move",
    "update_animal",
    "update_group",
    "weight_near",
    "weight_of_day",
]


async def find_or_create_group(uow: UnitOfWork, farm_id: UUID | None, external_id: str, name: str) -> UUID:
    """The group devices call `external_id`, made as `name` in `farm_id` when nobody has named it before."""
    org_id = _org(uow)
    found = await repository.group_id_of(uow, org_id, external_id)
    if found is None:
        values = {"id": new_id(), "org_id": org_id, "farm_id": farm_id, "external_id": external_id, "name": name}
        found = await repository.add_group(uow, values) or await repository.group_id_of(uow, org_id, external_id)
    if found is None:
        raise LookupError(f"group {external_id!r} can neither be found nor made")
    return found


async def find_or_create_animal(
    uow: UnitOfWork, farm_id: UUID | None, group_id: UUID | None, rfid: str | None, tag: str | None
) -> UUID:
    """The animal with this transponder, else with this tag in the farm, else a new one. One of the two must be given.

    A tag is worn again after years, a transponder is not: where they name different animals, the transponder decides.
    """
    org_id = _org(uow)
    for _ in range(2):  # a second time when another worker made the animal meanwhile
        found = await _find(uow, org_id, farm_id, rfid, tag)
        if found is None:
            found = await _add(uow, org_id, farm_id, group_id, rfid, tag)
        if found is not None:
            return found
    raise LookupError(f"animal {rfid or tag!r} can neither be found nor made")


async def _find(uow: UnitOfWork, org_id: UUID, farm_id: UUID | None, rfid: str | None, tag: str | None) -> UUID | None:
    if rfid is not None:
        found = await repository.animal_by_rfid(uow, org_id, rfid)
        if found is not None:
            return found
    if tag is None or farm_id is None:
        return None
    tagged = await repository.animal_by_tag(uow, org_id, farm_id, tag)
    if tagged is None or rfid is None:
        return tagged
    return tagged if await repository.give_rfid(uow, tagged, rfid) else None


async def _add(
    uow: UnitOfWork, org_id: UUID, farm_id: UUID | None, group_id: UUID | None, rfid: str | None, tag: str | None
) -> UUID | None:
    """Make the animal; where its tag is worn by another one, its transponder serves as tag."""
    common = {"org_id": org_id, "farm_id": farm_id, "group_id": group_id, "rfid": rfid}
    for name in (tag, rfid):
        if name is not None:
            added = await repository.add_animal(uow, {"id": new_id(), "tag_id": name, **common})
            if added is not None:
                return added
    return None


def _org(uow: UnitOfWork) -> UUID:
    if uow.actor.org_id is None:
        raise LookupError("animals and groups belong to an organisation, and none is set")
    return uow.actor.org_id
