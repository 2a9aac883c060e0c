"""Two records of one animal made one: found, shown with what goes where, merged in one unit of work, parted again.

The survivor keeps what it says of itself and takes over what it did not know. Scans, weights and whatever else names
the other record name the survivor from then on.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.context import current_request
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.duplicates import repository
from backend.duplicates.models import AnimalMerge
from backend.duplicates.schemas import MergeOut, PairOut, PreviewOut, TakenOut
from backend.herd import repository as herd_repository
from backend.herd import service as herd
from backend.herd.naming import require_worker, wrong
from backend.herd.service import AnimalRow

FILLED: Final = ("rfid", "breed", "sex", "birth_date", "group_id")
LISTED_MOST = 50
WORDS: Final = {
    "scans": ("scan", "scans"),
    "animal_weights": ("weight", "weights"),
    "animal_moves": ("move", "moves"),
    "session_entries": ("line of a barn sheet", "lines of barn sheets"),
}


class MergeNotFound(NotFound):
    title = "There is no such merge"


class CannotPart(Conflict):
    code, title = "cannot_part", "The two records cannot be parted any more"


async def list_duplicates(uow: UnitOfWork) -> list[PairOut]:
    """Pairs of animals in the asker's scope that are likely one. Raises Forbidden."""
    require_worker(uow)
    pairs = []
    for first_id, second_id in await repository.suspects(uow, LISTED_MOST):
        first, second = await herd.get_animal_row(uow, first_id), await herd.get_animal_row(uow, second_id)
        pairs.append(PairOut.model_validate({"first": first, "second": second, "why": _why(first, second)}))
    return pairs


def _why(first: AnimalRow, second: AnimalRow) -> str:
    same_day = first.birth_date is not None and first.birth_date == second.birth_date
    alike = "The tags are the same but for case, zeros and signs"
    if first.tag_id == second.tag_id:
        alike = "The tags are the same"
    where = "on two farms" if first.farm_id != second.farm_id else "on one farm"
    return f"{alike}, {where}{', and so are the birthdays' if same_day else ''}."


async def preview(uow: UnitOfWork, survivor_id: UUID, gone_id: UUID) -> PreviewOut:
    """What a merge would do, changing nothing. Raises Forbidden, AnimalNotFound, Invalid."""
    require_worker(uow)
    survivor, gone = await _pair(uow, survivor_id, gone_id)
    counted = await repository.counts(uow, gone_id)
    return PreviewOut.model_validate(
        {
            "survivor": survivor,
            "gone": gone,
            "moves": [_counted(table, number) for table, number in counted.items() if number],
            "takes": _takes(survivor, gone),
            "differs": _differs(survivor, gone),
        }
    )


async def _pair(uow: UnitOfWork, survivor_id: UUID, gone_id: UUID) -> tuple[AnimalRow, AnimalRow]:
    survivor, gone = await herd.get_animal_row(uow, survivor_id), await herd.get_animal_row(uow, gone_id)
    if survivor.id == gone.id:
        raise wrong("gone_id", "is the same animal")
    if survivor.rfid is not None and gone.rfid is not None:
        raise wrong("gone_id", f"carries another transponder than tag {survivor.tag_id}: these are two animals")
    return survivor, gone


def _counted(table: str, number: int) -> str:
    one, many = WORDS.get(table, (table.rstrip("s").replace("_", " "), table.replace("_", " ")))
    return f"{number:,} {one if number == 1 else many}"


def _takes(survivor: AnimalRow, gone: AnimalRow) -> list[TakenOut]:
    return [
        TakenOut(field=name, value=str(_shown(gone, name)))
        for name in FILLED
        if getattr(survivor, name) is None and _may_take(survivor, gone, name)
    ]


def _may_take(survivor: AnimalRow, gone: AnimalRow, name: str) -> bool:
    """A group comes along only where both stand on its farm."""
    known = getattr(gone, name) is not None
    return known and (name != "group_id" or survivor.farm_id == gone.farm_id)


def _differs(survivor: AnimalRow, gone: AnimalRow) -> list[TakenOut]:
    names = ("tag_id", "breed", "sex", "birth_date", "farm_id", "group_id")
    told = [(name, getattr(survivor, name), getattr(gone, name)) for name in names]
    return [
        TakenOut(field=name, value=str(_shown(gone, name)))
        for name, stays, goes in told
        if stays is not None and goes is not None and stays != goes
    ]


def _shown(animal: AnimalRow, name: str) -> object:
    return getattr(animal, {"farm_id": "farm_name", "group_id": "group_name"}.get(name, name))


async def merge(uow: UnitOfWork, survivor_id: UUID, gone_id: UUID) -> UUID:
    """Make two records one, in this unit of work; returns the merge. Raises Forbidden, AnimalNotFound, Invalid."""
    org_id = require_worker(uow)
    survivor, gone = await _pair(uow, survivor_id, gone_id)
    asker, merge_id = uow.actor, new_id()
    kept = await repository.whole(uow, gone_id)
    await uow.act_as(Actor.system(org_id))  # the asker may see both animals, and so whatever hangs on them
    moved, left = {}, {}
    for one in repository.references():
        moved[one.table] = await repository.move(uow, one, gone_id, survivor_id)
        left[one.table] = await repository.take_left(uow, one, gone_id) if one.unique_with else []
    await repository.remove(uow, gone_id)
    await uow.act_as(asker)
    taken = {name: getattr(gone, name) for name in FILLED if _takes_over(survivor, gone, name)}
    if taken:
        await herd_repository.update_animal(uow, survivor_id, taken)
    before = {"taken": audit.plain(taken), "left": {table: rows for table, rows in left.items() if rows}}
    values = {
        "id": merge_id,
        "org_id": org_id,
        "farm_id": survivor.farm_id,
        "survivor_id": survivor_id,
        "gone_id": gone_id,
        "gone": kept,
        "before": before,
        "moved": {table: ids for table, ids in moved.items() if ids},
        "request_id": current_request().request_id or None,
        "created_by": asker.user_id,
    }
    await repository.add_merge(uow, values)
    told = {"gone": gone.tag_id, "moved": {table: len(ids) for table, ids in moved.items()}, "taken": taken}
    await audit.record(uow, "animal.merged", "animal", survivor_id, before={"gone": kept}, after=told)
    _tell(uow, survivor_id, survivor.farm_id)
    return merge_id


def _takes_over(survivor: AnimalRow, gone: AnimalRow, name: str) -> bool:
    return getattr(survivor, name) is None and _may_take(survivor, gone, name)


async def list_merges(uow: UnitOfWork) -> list[MergeOut]:
    """The latest merges in the asker's scope. Raises Forbidden."""
    require_worker(uow)
    return [
        MergeOut(
            id=row.id,
            survivor_id=row.survivor_id,
            survivor_tag=row.survivor_tag,
            gone_tag=str(row.gone.get("tag_id", "")),
            farm_name=row.farm_name,
            created_by_name=row.by,
            created_at=row.created_at,
            undone_at=row.undone_at,
        )
        for row in await repository.merges(uow, LISTED_MOST)
    ]


async def part(uow: UnitOfWork, merge_id: UUID) -> None:
    """Take a merge back: both records are there again, each with what was its own.

    Raises Forbidden, MergeNotFound, and CannotPart where the survivor is gone or a tag or transponder was given away.
    """
    org_id = require_worker(uow)
    found = await repository.get_merge(uow, merge_id)
    if found is None:
        raise MergeNotFound
    if found.undone_at is not None:
        raise CannotPart("The merge has been taken back already.")
    asker = uow.actor
    try:
        async with uow.session.begin_nested():
            await uow.act_as(Actor.system(org_id))
            number = await _parted(uow, found)
    except IntegrityError as error:
        raise CannotPart("Its tag or transponder, or the place of one of its records, is taken by now.") from error
    await uow.act_as(asker)
    await repository.end_merge(uow, merge_id, utc_now())
    told = {"gone": str(found.gone_id), "moved_back": number}
    await audit.record(uow, "animal.parted", "animal", found.survivor_id, after=told)
    _tell(uow, found.survivor_id, found.farm_id)


async def _parted(uow: UnitOfWork, found: AnimalMerge) -> int:
    survivor = await repository.whole(uow, found.survivor_id)
    if not survivor:
        raise CannotPart("The animal that was kept is no longer there.")
    before: Mapping[str, Any] = found.before or {}
    taken: Mapping[str, Any] = before.get("taken") or {}
    given_back = {name: None for name, value in taken.items() if survivor.get(name) == value}
    if given_back:
        await herd_repository.update_animal(uow, found.survivor_id, given_back)
    await repository.put_rows(uow, "animals", [found.gone or {}])
    number = 0
    for table, ids in (found.moved or {}).items():
        number += await repository.move_back(uow, table, ids, found.survivor_id, found.gone_id)
    for table, rows in (before.get("left") or {}).items():
        await repository.put_rows(uow, table, rows)
    return number


def _tell(uow: UnitOfWork, animal_id: UUID, farm_id: UUID | None) -> None:
    assert uow.actor.org_id is not None  # noqa: S101 (required of whoever writes)
    uow.publish(Event("animal.updated", uow.actor.org_id, farm_id=farm_id, data={"animal_id": str(animal_id)}))
