"""Which step a scan needs next: verification for every kind, then the pipeline of its kind, if there is one.

A new kind of capture registers its pipeline here and nowhere else; ingest, viewer and notifications stay as they are.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from backend.scans.work import Claim, Lease
from jobs.bench import Bench
from jobs.grade_scan import grade_scan
from jobs.verify import verify

Step = Callable[[Bench, Claim], Awaitable[None]]
PIPELINES: Mapping[str, Step] = {"ribeye_ultrasound": grade_scan}
"""What follows verification, by `scans.kind`; a kind that is not named stays `ingested`."""


def step_for(lease: Lease) -> Step | None:
    """The step a claimed scan is in need of; None when nothing is left to do."""
    if lease.status == "uploaded":
        return partial(verify, goes_on=lease.kind in PIPELINES)
    return PIPELINES.get(lease.kind)
