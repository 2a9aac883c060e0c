"""Moving animals between groups and farms, one, several or a whole group: shown first, done at once, undone whole.

Scans go along with their animal, so a move also changes who sees them: the plan says so before anything happens.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.farms import service as farms
from backend.herd import move_repository as repository
from backend.herd.animals import AnimalNotFound
from backend.herd.cascade import Place, Stand, follow
from backend.herd.groups import GroupNotFound, get_group
from backend.herd.models import AnimalMove
from backend.herd.naming import check_farm, require_worker, wrong
from backend.scans import moving

MOST_AT_ONCE = 1_000
HISTORY_MOST = 100


class TagsWorn(Conflict):
    code, title = "tags_worn", "Tags of these animals are worn on the other farm already"


class MoveNotFound(NotFound):
    title = "The move was not found"


class MoveOvertaken(Conflict):
    code, title = "move_overtaken", "The move can no longer be undone"


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a move would do.

    `gaining` and `losing` are people who see these animals and scans from then on, or no longer; who sees every farm
    is in neither. `tags_worn` stand in its way.
    """

    animals: int
    scans: int
    farm: str | None
    group: str | None
    gaining: list[str]
    losing: list[str]
    tags_worn: list[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved together; `id` undoes it."""

    id: UUID
    animals: int
    scans: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A line of an animal's history. Names are None for none, and for what the asker may not see."""

    id: UUID
    batch_id: UUID
    from_farm: str | None
    from_group: str | None
    to_farm: str | None
    to_group: str | None
    scans: int
    moved_at: datetime
    undone_at: datetime | None
    moved_by_name: str | None


async def preview_move(
    uow: UnitOfWork, animal_ids: Sequence[UUID], farm_id: UUID | None, group_id: UUID | None
) -> MovePlan:
    """What moving animals would do. Raises Forbidden, AnimalNotFound, Invalid."""
    require_worker(uow)
    stands = await _stands(uow, animal_ids)
    return await _plan(uow, stands, await _place(uow, farm_id, group_id))


async def move_animals(
    uow: UnitOfWork, animal_ids: Sequence[UUID], farm_id: UUID | None, group_id: UUID | None
) -> Moved:
    """Move animals with their scans; a group alone brings its farm.

    Raises Forbidden, AnimalNotFound, Invalid, TagsWorn.
    """
    require_worker(uow)
    stands = await _stands(uow, animal_ids, locked=True)
    return await _move(uow, stands, await _place(uow, farm_id, group_id), "animals.moved")


async def preview_group_move(uow: UnitOfWork, group_id: UUID, farm_id: UUID | None) -> MovePlan:
    """What moving a group with all its animals would do. Raises Forbidden, GroupNotFound, Invalid."""
    require_worker(uow)
    stands, place = await _group_move(uow, group_id, farm_id)
    return await _plan(uow, stands, place)


async def move_group(uow: UnitOfWork, group_id: UUID, farm_id: UUID | None) -> Moved:
    """Move a group to another farm with its animals and their scans.

    Raises Forbidden, GroupNotFound, Invalid, TagsWorn.
    """
    require_worker(uow)
    stands, place = await _group_move(uow, group_id, farm_id)
    await repository.set_group_farm(uow, group_id, farm_id)
    return await _move(uow, stands, place, "group.moved")


async def undo_move(uow: UnitOfWork, move_id: UUID) -> Moved:
    """Put what was moved together with a move back where it was, scans and all.

    Raises Forbidden, MoveNotFound, MoveOvertaken, TagsWorn.
    """
    require_worker(uow)
    moves = await repository.moved_together(uow, move_id)
    if not moves:
        raise MoveNotFound
    await _check_undoable(uow, moves)
    await _move_back(uow, moves)
    done = Moved(moves[0].batch_id, len(moves), await _put_back(uow, moves))
    await repository.mark_undone(uow, done.id)
    after = {"animals": done.animals, "scans": done.scans}
    await audit.record(uow, "animals.move_undone", "move", done.id, after=after)
    for farm_id in dict.fromkeys(farm for move in moves for farm in (move.from_farm_id, move.to_farm_id)):
        _tell_farm(uow, farm_id, done.id)
    return done


async def list_moves(uow: UnitOfWork, animal_id: UUID) -> list[MoveRow]:
    """An animal's history, the latest first. Raises AnimalNotFound."""
    await _stands(uow, [animal_id])
    return [MoveRow(*row) for row in await repository.history(uow, animal_id, HISTORY_MOST)]


async def _stands(uow: UnitOfWork, animal_ids: Sequence[UUID], *, locked: bool = False) -> list[Stand]:
    wanted = list(dict.fromkeys(animal_ids))
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise wrong("animal_ids", f"must name 1 to {MOST_AT_ONCE:,} animals")
    rows = await (repository.lock_animals if locked else repository.places)(uow, wanted)
    if len(rows) != len(wanted):
        raise AnimalNotFound
    return [Stand(*row) for row in rows]


async def _group_move(uow: UnitOfWork, group_id: UUID, farm_id: UUID | None) -> tuple[list[Stand], Place]:
    group = await get_group(uow, group_id)
    if group.farm_id == farm_id:
        raise wrong("farm_id", "is where the group is")
    await check_farm(uow, farm_id)
    ids = await repository.ids_of_group(uow, group_id, MOST_AT_ONCE + 1)
    stands = await _stands(uow, ids, locked=True) if ids else []
    return stands, Place(farm_id, group_id, await _farm_name(uow, farm_id), group.name)


async def _place(uow: UnitOfWork, farm_id: UUID | None, group_id: UUID | None) -> Place:
    """Where to; raises Invalid for a farm or group that is not the asker's, or that do not fit."""
    if group_id is None:
        await check_farm(uow, farm_id)
        return Place(farm_id, None, await _farm_name(uow, farm_id))
    try:
        group = await get_group(uow, group_id)
    except GroupNotFound as error:
        raise wrong("group_id", "is no group of yours") from error
    if farm_id is not None and group.farm_id not in {None, farm_id}:
        raise wrong("group_id", "is a group of another farm")
    home = farm_id or group.farm_id
    await check_farm(uow, home)
    return Place(home, group_id, await _farm_name(uow, home), group.name)


async def _farm_name(uow: UnitOfWork, farm_id: UUID | None) -> str | None:
    return None if farm_id is None else (await farms.get_farm(uow, farm_id)).name


async def _plan(uow: UnitOfWork, stands: Sequence[Stand], place: Place) -> MovePlan:
    leaving = _leaving(stands, place)
    left = {stand.farm_id for stand in leaving if stand.farm_id not in {None, place.farm_id}}
    before = [await _people(uow, farm_id) for farm_id in left]
    after = await _people(uow, place.farm_id)
    seen_by = {key: name for people in before for key, name in people.items()}
    return MovePlan(
        animals=len(leaving),
        scans=await moving.count_of(uow, [stand.animal_id for stand in leaving]),
        farm=place.farm_name,
        group=place.group_name,
        gaining=sorted(name for key, name in after.items() if left and key not in seen_by),
        losing=sorted(name for key, name in seen_by.items() if key not in after),
        tags_worn=await _tags_worn(uow, leaving, place.farm_id),
    )


async def _people(uow: UnitOfWork, farm_id: UUID | None) -> dict[UUID, str]:
    if farm_id is None:
        return {}
    return {one.id: one.full_name or one.email for one in await farms.list_members(uow, farm_id)}


def _leaving(stands: Iterable[Stand], place: Place) -> list[Stand]:
    """Those that are not there already."""
    return [stand for stand in stands if (stand.farm_id, stand.group_id) != (place.farm_id, place.group_id)]


async def _tags_worn(uow: UnitOfWork, stands: Sequence[Stand], farm_id: UUID | None) -> list[str]:
    """Tags that would be worn twice on the farm: by an animal there, or by two that come."""
    if farm_id is None:
        return []
    tags = Counter(stand.tag_id for stand in stands)
    ids = [stand.animal_id for stand in stands]
    worn = await repository.tags_worn(uow, farm_id, list(tags), ids) if tags else []
    return sorted({*worn, *(tag for tag, number in tags.items() if number > 1)})


async def _move(uow: UnitOfWork, stands: Sequence[Stand], place: Place, action: str) -> Moved:
    leaving, batch_id = _leaving(stands, place), new_id()
    worn = await _tags_worn(uow, leaving, place.farm_id)
    if worn:
        raise TagsWorn(f"Give other tags first to {', '.join(worn[:10])}.")
    await repository.set_places(uow, [stand.animal_id for stand in leaving], place.farm_id, place.group_id)
    scans = await follow(uow, leaving, place, batch_id)
    tags = [stand.tag_id for stand in leaving]
    after = {"tags": tags, "scans": scans, "farm_id": place.farm_id, "group_id": place.group_id, **place.told}
    await audit.record(uow, action, "move", batch_id, after=after)
    for farm_id in dict.fromkeys([*(stand.farm_id for stand in leaving), place.farm_id]):
        _tell_farm(uow, farm_id, batch_id)
    return Moved(batch_id, len(leaving), scans)


async def _check_undoable(uow: UnitOfWork, moves: Sequence[AnimalMove]) -> None:
    if any(move.undone_at for move in moves):
        raise MoveOvertaken("It has been undone already.")
    stands = {stand.animal_id: stand for stand in await _stands(uow, [move.animal_id for move in moves], locked=True)}
    for move in moves:
        stand = stands[move.animal_id]
        if (stand.farm_id, stand.group_id) != (move.to_farm_id, move.to_group_id):
            raise MoveOvertaken(f"{stand.tag_id} has been moved again since.")
    for farm_id in {move.from_farm_id for move in moves}:
        back = [stands[move.animal_id] for move in moves if move.from_farm_id == farm_id]
        worn = await _tags_worn(uow, back, farm_id)
        if worn:
            raise TagsWorn(f"Where they came from, other animals now wear {', '.join(worn[:10])}.")


async def _move_back(uow: UnitOfWork, moves: Sequence[AnimalMove]) -> None:
    for group_id, farm_id in {(move.from_group_id, move.from_farm_id) for move in moves if _with_group(move)}:
        if group_id is not None:
            await repository.set_group_farm(uow, group_id, farm_id)
    for place in dict.fromkeys((move.from_farm_id, move.from_group_id) for move in moves):
        back = [move.animal_id for move in moves if (move.from_farm_id, move.from_group_id) == place]
        await repository.set_places(uow, back, *place)


def _with_group(move: AnimalMove) -> bool:
    """Whether the group itself went to the other farm."""
    return move.from_group_id is not None and move.from_group_id == move.to_group_id


async def _put_back(uow: UnitOfWork, moves: Sequence[AnimalMove]) -> int:
    """Scans to where each of them was, a statement for each place; returns how many."""
    places: dict[tuple[UUID | None, UUID | None], list[UUID]] = {}
    for scan_id, farm, group in (before for move in moves for before in move.scans_before):
        places.setdefault((_key(farm), _key(group)), []).append(UUID(scan_id))
    for (farm_id, group_id), scan_ids in places.items():
        told = {"farm": await _farm_name(uow, farm_id), "group": None, "undone": True}
        await moving.place(uow, scan_ids, farm_id, group_id, told)
    return sum(len(scan_ids) for scan_ids in places.values())


def _key(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _tell_farm(uow: UnitOfWork, farm_id: UUID | None, batch_id: UUID) -> None:
    assert uow.actor.org_id is not None  # noqa: S101 (required of whoever moves)
    uow.publish(Event("animal.updated", uow.actor.org_id, farm_id=farm_id, data={"move_id": str(batch_id)}))
