"""Many scans graded in the background: started, paused and cancelled by admins, fed by the worker.

A batch holds its place in the list instead of a row for each scan. Requests are made a few at a time, and released
only while no capture is waiting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, Forbidden, NotFound
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.farms import service as farms
from backend.grading import batch_repository as repository
from backend.grading.models import GradingBatch
from backend.registry import service as registry

BatchKind = Literal["regrade", "backfill"]
AHEAD = 40
"""Requests of a batch that wait at a time."""
COUNT_MOST = 100_000
LIST_MOST = 50


class BatchNotFound(NotFound):
    title = "There is no such batch"


class BatchEnded(Conflict):
    code, title = "batch_ended", "The batch has ended"


class NothingToGrade(Conflict):
    code, title = "nothing_to_grade", "No scan matches"


@dataclass(frozen=True, slots=True)
class BatchFilters:
    """Which scans a batch is about; times are inclusive at the start, exclusive at the end."""

    farm_id: UUID | None = None
    device_id: UUID | None = None
    graded_by: str | None = None
    certainty: str | None = None
    captured_from: datetime | None = None
    captured_to: datetime | None = None

    def to_document(self) -> dict[str, object]:
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: value if isinstance(value, str) else value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in named.items()
            if value is not None
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as pages show it. `model` None: each scan by the model whose turn it is. `total` is as of its start."""

    id: UUID
    kind: str
    model: str | None
    filters: dict[str, object]
    status: str
    total: int
    done: int
    failed: int
    created_by_name: str | None
    created_at: datetime
    finished_at: datetime | None


async def start_batch(uow: UnitOfWork, kind: BatchKind, *, model: str | None, filters: BatchFilters) -> UUID:
    """Have the scans that `filters` find graded in the background. For admins.

    Raises Forbidden, ModelNotFound, ModelNotReady, FarmNotFound, DeviceNotFound, NothingToGrade.
    """
    org_id = _admin_of(uow)
    version = None if model is None else await registry.find_ready(uow, model)
    if filters.farm_id is not None:
        await farms.get_farm(uow, filters.farm_id)
    if filters.device_id is not None:
        await devices.get_device(uow, filters.device_id)
    document = filters.to_document()
    total = await repository.count(uow, org_id, kind, document, COUNT_MOST)
    if total == 0:
        raise NothingToGrade
    batch_id = new_id()
    named = {} if version is None else {"model_name": version.name, "model_version": version.version}
    values = {"id": batch_id, "org_id": org_id, "kind": kind, "filters": document, "total": total, **named}
    await repository.add(uow, values)
    await audit.record(uow, "grading.batch_started", "grading_batch", batch_id, after=values)
    _tell(uow, org_id, batch_id, "running")
    return batch_id


async def list_batches(uow: UnitOfWork) -> list[Batch]:
    """The latest batches of the asker's organisation, the newest first. For admins."""
    return [_shown(*row) for row in await repository.latest(uow, _admin_of(uow), LIST_MOST)]


async def get_batch(uow: UnitOfWork, batch_id: UUID) -> Batch:
    """One batch. For admins; raises BatchNotFound."""
    found = await repository.get(uow, _admin_of(uow), batch_id)
    if found is None:
        raise BatchNotFound
    return _shown(*found)


async def pause_batch(uow: UnitOfWork, batch_id: UUID) -> None:
    """Let nothing more of it go until it is resumed; what runs is finished. Raises BatchNotFound, BatchEnded."""
    await _become(uow, batch_id, "paused")


async def resume_batch(uow: UnitOfWork, batch_id: UUID) -> None:
    """Go on where it was paused. Raises BatchNotFound, BatchEnded."""
    await _become(uow, batch_id, "running")


async def cancel_batch(uow: UnitOfWork, batch_id: UUID) -> None:
    """End it; what has been graded stays. Raises BatchNotFound, BatchEnded."""
    await _become(uow, batch_id, "cancelled")
    await repository.withdraw(uow, batch_id)


async def _become(uow: UnitOfWork, batch_id: UUID, status: str) -> None:
    org_id = _admin_of(uow)
    batch = await repository.lock(uow, org_id, batch_id)
    if batch is None:
        raise BatchNotFound
    if batch.status not in {"running", "paused"}:
        raise BatchEnded(f"The batch is {batch.status}.")
    await repository.change(uow, batch, {"status": status}, ended=status == "cancelled")
    before = {"status": batch.status}
    await audit.record(
        uow, f"grading.batch_{status}", "grading_batch", batch_id, before=before, after={"status": status}
    )
    _tell(uow, org_id, batch_id, status)


async def feed_batches(runtime: Runtime) -> int:
    """Make the next requests of every running batch; returns how many. For the worker."""
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        running = await repository.running(uow)
    made = 0
    for batch_id, org_id in running:
        async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
            made += await _feed(uow, org_id, batch_id)
    return made


async def _feed(uow: UnitOfWork, org_id: UUID, batch_id: UUID) -> int:
    batch = await repository.lock(uow, org_id, batch_id)
    if batch is None or batch.status != "running":
        return 0
    open_requests = await repository.open_requests(uow, batch)
    if batch.exhausted and open_requests == 0:
        await repository.change(uow, batch, {"status": "done"}, ended=True)
        _tell(uow, org_id, batch_id, "done")
    if batch.exhausted or open_requests >= AHEAD:
        return 0
    found = await repository.next_scans(uow, batch, AHEAD - open_requests)
    await _ask(uow, batch, [scan_id for scan_id, _ in found])
    last = {"cursor_id": found[-1][0], "cursor_at": found[-1][1]} if found else {}
    await repository.change(uow, batch, {**last, "exhausted": len(found) < AHEAD - open_requests}, ended=False)
    return len(found)


async def _ask(uow: UnitOfWork, batch: GradingBatch, scans: Sequence[UUID]) -> None:
    common: Mapping[str, Any] = {
        "org_id": batch.org_id,
        "origin": "batch",
        "batch_id": batch.id,
        "model_name": batch.model_name,
        "model_version": batch.model_version,
        "requested_by": batch.created_by,
    }
    await repository.ask(uow, [{"id": new_id(), "scan_id": scan_id, **common} for scan_id in scans])


def _admin_of(uow: UnitOfWork) -> UUID:
    if uow.actor.role not in {"admin", "system"}:
        raise Forbidden("Only an administrator may run batches.")
    if uow.actor.org_id is None:
        raise BatchNotFound
    return uow.actor.org_id


def _tell(uow: UnitOfWork, org_id: UUID, batch_id: UUID, status: str) -> None:
    uow.publish(Event("batch.updated", org_id, data={"batch_id": str(batch_id), "status": status}))


def _shown(batch: GradingBatch, who: str | None) -> Batch:
    assert batch.created_at is not None  # noqa: S101 (filled in by the server)
    return Batch(
        id=batch.id,
        kind=batch.kind,
        model=f"{batch.model_name}@{batch.model_version}" if batch.model_name else None,
        filters=batch.filters,
        status=batch.status,
        total=batch.total,
        done=batch.done,
        failed=batch.failed,
        created_by_name=who,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
    )
