"""The worker's side of an import of animals: a batch of rows in a step, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.events import Event
from backend.core.ids import new_id
from backend.herd import service as herd
from backend.imports import apply_repository as store
from backend.imports import repository
from backend.imports.errors import ImportNotFound
from backend.imports.models import Import

BATCH = 500
TAKEN = "Its tag or transponder has been given to another animal since."
IN_USE = "Kept: it has been changed since, or scans belong to it."


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step did; `last` is the number of its last row, None when there was nothing left."""

    last: int | None
    done: int = 0
    failed: int = 0


async def import_batch(uow: UnitOfWork, import_id: UUID, after: int) -> Batch:
    """Import the next rows behind row number `after`, as who asked. Raises ImportNotFound."""
    found = await _get(uow, import_id)
    rows = await store.to_do(uow, import_id, after, BATCH)
    if not rows:
        return Batch(None)
    groups = await _groups(uow, rows)
    made = await _add(uow, [row for row in rows if row.fate == "new"], groups)
    changed = await _change(uow, [row for row in rows if row.fate == "changed"], groups)
    worked = made | changed
    failed = [row.id for row in rows if row.id not in worked]
    await store.set_outcome(uow, sorted(worked), "done")
    await store.set_outcome(uow, failed, "refused", TAKEN)
    numbers = {"first": rows[0].number, "last": rows[-1].number}
    after_ = {"file": found.file_name, "rows": numbers, "new": len(made), "changed": len(changed)}
    await audit.record(uow, "animals.imported", "import", import_id, after=after_)
    _tell(uow, rows)
    return Batch(rows[-1].number, len(worked), len(failed))


async def undo_batch(uow: UnitOfWork, import_id: UUID, before: int) -> Batch:
    """Take back the rows imported last, before row number `before`. What is in use by now stays as it is."""
    await _get(uow, import_id)
    rows = await store.done(uow, import_id, before, BATCH)
    if not rows:
        return Batch(None)
    asker = uow.actor
    await uow.act_as(Actor.system(asker.org_id))  # technicians may add animals, not remove them; these are their own
    gone = await store.each_or_all(uow, store.REMOVE, [row.id for row in rows if row.fate == "new"])
    back = await store.each_or_all(uow, store.CHANGE_BACK, [row.id for row in rows if row.fate == "changed"])
    await uow.act_as(asker)
    kept = [row.id for row in rows if row.id not in gone | back]
    await store.set_outcome(uow, sorted(gone | back), "undone")
    await store.set_outcome(uow, kept, "kept", IN_USE)
    told = {"removed": len(gone), "changed_back": len(back), "kept": len(kept)}
    await audit.record(uow, "animals.import_undone", "import", import_id, after=told)
    _tell(uow, rows)
    return Batch(rows[-1].number, len(gone | back), len(kept))


async def set_status(uow: UnitOfWork, import_id: UUID, status: str) -> None:
    await repository.change(uow, import_id, {"status": status, "finished_at": utc_now()})


async def _get(uow: UnitOfWork, import_id: UUID) -> Import:
    found = await repository.get(uow, import_id)
    if found is None:
        raise ImportNotFound
    return found


async def _groups(uow: UnitOfWork, rows: Sequence[Any]) -> dict[tuple[UUID, str], UUID]:
    """The groups that are there, and those that rows name and nobody has made yet."""
    known = await repository.group_ids(uow)
    for row in rows:
        named = row.changes.get("group")
        if named is None or row.changes["group_id"][1] is not None:
            continue
        farm_id = UUID(row.given["farm_id"])
        if (farm_id, named[1].casefold()) not in known:
            made = await herd.create_group(uow, named[1], farm_id=farm_id)
            known[farm_id, named[1].casefold()] = made.id
    return known


async def _add(uow: UnitOfWork, rows: Sequence[Any], groups: dict[tuple[UUID, str], UUID]) -> set[int]:
    animals = {row.id: _animal(uow, row.changes, groups) for row in rows}
    made = await store.insert_animals(uow, list(animals.values()))
    worked = {row_id: animal["id"] for row_id, animal in animals.items() if animal["id"] in made}
    await store.name_animals(uow, list(worked.items()))
    return set(worked)


def _animal(uow: UnitOfWork, changes: dict[str, list[Any]], groups: dict[tuple[UUID, str], UUID]) -> dict[str, Any]:
    given = {name: None if name not in changes else changes[name][1] for name in store.COLUMNS}
    farm_id = UUID(given["farm_id"])
    group = changes.get("group")
    return {
        **given,
        "id": new_id(),
        "org_id": uow.actor.org_id,
        "farm_id": farm_id,
        "group_id": None if group is None else groups[farm_id, group[1].casefold()],
        "status": given["status"] or "active",
        "birth_date": date.fromisoformat(given["birth_date"]) if given["birth_date"] else None,
    }


async def _change(uow: UnitOfWork, rows: Sequence[Any], groups: dict[tuple[UUID, str], UUID]) -> set[int]:
    for row in rows:
        if "group" in row.changes and row.changes["group_id"][1] is None:
            group_id = groups[UUID(row.given["farm_id"]), row.changes["group"][1].casefold()]
            await store.name_group(uow, row.id, group_id)
    return await store.each_or_all(uow, store.CHANGE, [row.id for row in rows])


def _tell(uow: UnitOfWork, rows: Sequence[Any]) -> None:
    assert uow.actor.org_id is not None  # noqa: S101 (an import belongs to an organisation)
    for farm_id in {UUID(row.given["farm_id"]) for row in rows}:
        uow.publish(Event("animal.updated", uow.actor.org_id, farm_id=farm_id))


async def import_of_task(uow: UnitOfWork, task_id: UUID | None) -> UUID:
    """The import that a task has done. Raises ImportNotFound."""
    found = None if task_id is None else await repository.of_task(uow, task_id)
    if found is None:
        raise ImportNotFound("The import is too old to be undone.")
    return found
