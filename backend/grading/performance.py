"""How models do on an organisation's scans: rates, times, agreement, drift of what they are shown. For admins."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden, NotFound
from backend.grading import performance_repository as repository
from backend.grading.drift import agreement, level_of, psi
from backend.grading.schemas import (
    ComparisonOut,
    DayOut,
    DriftOut,
    PairOut,
    PerformanceOut,
    PerformancesOut,
)
from backend.registry import service as registry
from backend.registry.canary import Rates

EARLIER_DAYS, RECENT_DAYS = 90, 7
PAIRS_MOST = 2_000
INPUTS_MOST = 20_000


async def performances(uow: UnitOfWork, days: int) -> PerformancesOut:
    """Every model that ran in the last `days`, with its days one by one. Raises Forbidden."""
    org_id = _admin_of(uow)
    since = utc_now() - timedelta(days=days)
    runs = {row.model: row for row in await repository.runs(uow, org_id, since)}
    failed = {row.model: row.failed for row in await repository.failures(uow, org_id, since)}
    corrected = {row.model: row for row in await repository.corrections(uow, org_id, since)}
    models = [
        _performance(name, runs.get(name), failed.get(name, 0), corrected.get(name)) for name in {**runs, **failed}
    ]
    by_day = [DayOut.model_validate(row) for row in await repository.by_day(uow, org_id, since)]
    return PerformancesOut(days=days, models=sorted(models, key=lambda one: one.model), by_day=by_day)


def _performance(name: str, runs: object, failed: int, corrected: object) -> PerformanceOut:
    rates = Rates(getattr(runs, "runs", 0), getattr(runs, "abstained", 0), failed)
    return PerformanceOut(
        model=name,
        runs=rates.runs,
        abstained=rates.abstained,
        failed=failed,
        error_rate=rates.error_rate,
        abstention_rate=rates.abstention_rate,
        p50_ms=getattr(runs, "p50_ms", None),
        p95_ms=getattr(runs, "p95_ms", None),
        mean_confidence=getattr(runs, "mean_confidence", None),
        reference_iou=getattr(runs, "reference_iou", None),
        reference_n=getattr(runs, "reference_n", 0),
        correction_iou=getattr(corrected, "iou", None),
        correction_n=getattr(corrected, "n", 0),
    )


async def drifts(uow: UnitOfWork) -> list[DriftOut]:
    """Each device's images of the last week against those of the ninety days before, the farthest off first."""
    org_id = _admin_of(uow)
    now = utc_now()
    recent_from = now - timedelta(days=RECENT_DAYS)
    rows = await repository.inputs(uow, org_id, now - timedelta(days=EARLIER_DAYS), INPUTS_MOST)
    by_device: dict[tuple[UUID, str], list[tuple[bool, float, float]]] = {}
    for row in rows:
        seen = (row.created_at >= recent_from, row.input_mean, row.input_sd)
        by_device.setdefault((row.device_id, row.device_code), []).append(seen)
    found = [_drift(device_id, code, seen) for (device_id, code), seen in by_device.items()]
    return sorted(found, key=lambda one: -max(one.brightness_psi or 0, one.contrast_psi or 0))


def _drift(device_id: UUID, code: str, seen: Sequence[tuple[bool, float, float]]) -> DriftOut:
    earlier, recent = ([one for one in seen if one[0] is late] for late in (False, True))
    brightness = psi([one[1] for one in earlier], [one[1] for one in recent])
    contrast = psi([one[2] for one in earlier], [one[2] for one in recent])
    return DriftOut(
        device_id=device_id,
        device_code=code,
        earlier_n=len(earlier),
        recent_n=len(recent),
        brightness_psi=brightness,
        contrast_psi=contrast,
        level=level_of(brightness, contrast),
    )


async def compare(uow: UnitOfWork, a: str, b: str, measure: str) -> ComparisonOut:
    """Two models on the latest scans that both have graded. Raises Forbidden, ModelNotFound."""
    org_id = _admin_of(uow)
    first, second = await registry.find(uow, a), await registry.find(uow, b)
    names = ((first.name, first.version), (second.name, second.version))
    both = await repository.pairs(uow, org_id, names, measure, PAIRS_MOST)
    pairs = [PairOut(scan_id=row.scan_id, a=row.a, b=row.b) for row in both if None not in (row.a, row.b)]
    found = agreement([pair.a for pair in pairs], [pair.b for pair in pairs])
    return ComparisonOut(
        a=a,
        b=b,
        measure="rea_cm2" if measure == "rea_cm2" else "backfat_mm",
        pairs=pairs,
        n=len(pairs),
        bias=found.bias if found else None,
        sd=found.sd if found else None,
        lower=found.lower if found else None,
        upper=found.upper if found else None,
        r=found.r if found else None,
        only_a_abstained=sum(row.a_abstained and not row.b_abstained for row in both),
        only_b_abstained=sum(row.b_abstained and not row.a_abstained for row in both),
    )


def _admin_of(uow: UnitOfWork) -> UUID:
    if uow.actor.role not in {"admin", "system"}:
        raise Forbidden("Only an administrator may look at how models do.")
    if uow.actor.org_id is None:
        raise NotFound
    return uow.actor.org_id
