"""A kind of background work for tests, and the worker that knows it: each step writes one line into the audit log.

`python -m tests.support.counting` is a worker like any other, but for that kind.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from backend.audit import service as audit
from backend.core.errors import Invalid, Unavailable
from jobs.background import Running, runner, undoer
from jobs.worker import main

KIND = "test.count"


@runner(KIND)
async def count(task: Running) -> Mapping[str, Any]:
    """Count to `params["to"]` from where it stands, or fail as `params` say."""
    if task.params.get("raises"):
        raise {"invalid": Invalid, "unavailable": Unavailable, "fault": ValueError}[task.params["raises"]]("so it is")
    number = int((task.cursor or {}).get("number", 0))
    while number < int(task.params["to"]):
        number += 1
        async with task.step() as uow:
            await audit.record(uow, "test.counted", "number", str(number))
            await task.progress(uow, done=1, cursor={"number": number}, undo={"numbers": number})
        await asyncio.sleep(float(task.params.get("rest_s", 0)))
    return {"words": f"Counted to {number}"}


@undoer(KIND)
async def count_back(task: Running) -> None:
    async with task.step() as uow:
        await audit.record(uow, "test.uncounted", "task", task.undo_of)
        await task.progress(uow, done=1)


if __name__ == "__main__":
    main()
