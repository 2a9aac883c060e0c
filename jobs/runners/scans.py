"""Bulk acts on scans, chunk by chunk, and taking them back."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.scans import bulk
from backend.scans.bulk import ACT, KIND, Selection, Tally
from jobs.background import Running, runner, undoer

REASONS_MOST = 5
NO_WAY_BACK = frozenset({"delete", "grade"})


@runner(KIND)
async def do_bulk(task: Running) -> Mapping[str, Any]:
    """Walk the selection from where it stands; each chunk is a step."""
    act, selection = ACT.validate_python(task.params["act"]), Selection.model_validate(task.params["selection"])
    as_of = datetime.fromisoformat(task.params["as_of"])
    undo = None if act.name in NO_WAY_BACK else {"changes": True}
    reasons = _reasons(task)
    while not (task.cursor or {}).get("ended"):
        async with task.step() as uow:
            ids, onward = await bulk.next_chunk(uow, selection, task.cursor)
            tally = await bulk.act_on(uow, task.id, act, ids, as_of)
            await _count(uow, task, tally, reasons, onward or {"ended": True}, undo=undo)
    return told(task, reasons, "done")


@undoer(KIND)
async def undo_bulk(task: Running) -> Mapping[str, Any]:
    """Put back what nobody has changed since."""
    assert task.undo_of is not None  # noqa: S101 (how it came here)
    reasons = _reasons(task)
    while not (task.cursor or {}).get("ended"):
        last = (task.cursor or {}).get("after")
        async with task.step() as uow:
            changes = await bulk.next_changes(uow, task.undo_of, None if last is None else UUID(last))
            tally = await bulk.take_back(uow, changes)
            onward = {"after": str(changes[-1].id)} if changes else {"ended": True}
            await _count(uow, task, tally, reasons, onward)
    return told(task, reasons, "put back")


def _reasons(task: Running) -> Counter[str]:
    """Why scans were left as they are, as counted so far."""
    return Counter((task.cursor or {}).get("reasons", {}))


async def _count(
    uow: Any, task: Running, tally: Tally, reasons: Counter[str], onward: Mapping[str, Any], **columns: Any
) -> None:
    reasons.update(tally.reasons)
    cursor = {**onward, "reasons": dict(reasons.most_common(REASONS_MOST))}
    await task.progress(uow, done=tally.done, failed=tally.failed, cursor=cursor, **columns)


def told(task: Running, reasons: Counter[str], verb: str) -> dict[str, Any]:
    """What it came to, in words: how many, and why others were left."""
    left = "; ".join(f"{number:,} left: {reason}" for reason, number in reasons.most_common(REASONS_MOST))
    return {"words": f"{task.done:,} {verb}" + (f". {left}" if left else ""), "reasons": dict(reasons)}
