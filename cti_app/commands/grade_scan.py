"""`cti grade SCAN`: ask for a run on a scan of the platform, and do it here unless a worker is quicker."""

import asyncio
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from cti_app.commands.output import CommandError, Output

if TYPE_CHECKING:
    from backend.core.runtime import Runtime
    from backend.core.settings import Settings
    from backend.grading.schemas import MeasureOut, ResultOut, ScanGradingOut

PATIENCE_S = 120
ASK_AGAIN_S = 0.2


def scan_named(target: Path) -> UUID | None:
    """The scan that `target` names, unless it is a file."""
    if target.exists():
        return None
    try:
        return UUID(str(target))
    except ValueError:
        return None


def say_scan(output: Output, scan_id: UUID, model: str | None, settings: "Settings") -> None:
    """Grade the scan and say what it came to. Raises CommandError when there is no result."""
    from cti_app.session import run_with_runtime

    async def grade(runtime: "Runtime") -> "ResultOut":
        return await grade_here(runtime, scan_id, model)

    result = run_with_runtime(grade, settings)
    output.result({"scan": str(scan_id), **result.model_dump(mode="json")}, *_lines(scan_id, result))


async def grade_here(runtime: "Runtime", scan_id: UUID, model: str | None) -> "ResultOut":
    """Ask for the run, do it, and return its result. Raises what asking raises, and CommandError."""
    from backend.core.actor import Actor
    from backend.grading import service as gradings
    from backend.scans import work
    from jobs.bench import Bench
    from jobs.leases import look_at_scan

    async with runtime.database.unit_of_work(Actor.system()) as uow:
        org_id = await work.organization_of(uow, scan_id)
        await uow.act_as(Actor.system(org_id))
        before = await gradings.get_grading(uow, scan_id)
        await gradings.request_grade(uow, scan_id, model)
    await look_at_scan(Bench(runtime, "command line"), scan_id)
    after = await _at_rest(runtime, scan_id, org_id)
    known = {result.id for result in before.results}
    new = [result for result in after.results if result.id not in known]
    if not new:
        raise CommandError(f"The scan could not be graded: {after.last_error or 'the run did not end in time'}")
    return new[0]


async def _at_rest(runtime: "Runtime", scan_id: UUID, org_id: UUID) -> "ScanGradingOut":
    """The scan's gradings once nothing is due or in progress on it, or when patience has ended."""
    from backend.core.actor import Actor
    from backend.grading import service as gradings

    deadline = monotonic() + PATIENCE_S
    while True:
        async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
            found = await gradings.get_grading(uow, scan_id)
        if not found.waiting or monotonic() > deadline:
            return found
        await asyncio.sleep(ASK_AGAIN_S)


def _lines(scan_id: UUID, result: "ResultOut") -> list[str]:
    head = f"{scan_id}, {result.model}, {result.duration_ms} ms"
    if result.abstained:
        saw = f"Abstained ({result.abstention_reason}): {result.abstention_sentence}"
        return [head, saw, f"Confidence {result.confidence or 0:.2f}; nothing is measured."]
    measures = [f"  {name:<24}{_value(one)}" for name, one in result.measures.items()]
    said = [f"! {flag.sentence}" for flag in result.flags]
    return [head, *measures, f"  {'confidence':<24}{result.confidence or 0:10.2f}", *said]


def _value(one: "MeasureOut") -> str:
    error = "" if one.plus_minus is None else f" ± {one.plus_minus:.1f}"
    return f"{one.value:10.1f}{error} {one.unit}".rstrip()
