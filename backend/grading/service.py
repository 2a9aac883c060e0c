"""Gradings for people: what was measured on a scan, asking for another run, and which result counts.

The worker's side is in `work`, what people draw in `corrections`, batches in `batches`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, NotFound
from backend.core.ids import new_id
from backend.core.runtime import runtime
from backend.grading import repository, request_repository
from backend.grading.certainty import certainty_of
from backend.grading.consensus import Opinion, consensus_of
from backend.grading.measures import Calibration
from backend.grading.models import GradingResult
from backend.grading.projection import projection_of
from backend.grading.schemas import ConsensusOut, ResultOut, ScanGradingOut
from backend.registry import service as registry
from backend.reviews import disclosure
from backend.scans import repository as scan_repository
from backend.scans import work as scan_work
from backend.scans.doors import Act, access_scan, change, org_of, require_worker
from backend.scans.models import Scan
from backend.scans.work import ScanNotFound

PERSON = "person"
PERSON_VERSION = "1"
GRADABLE = frozenset({"ingested", "graded"})


class GradingRuns(Conflict):
    code, title = "grading_runs", "A run is due or in progress"


class NotGradable(Conflict):
    code, title = "not_gradable", "The scan cannot be graded"


class ResultNotFound(NotFound):
    title = "The scan has no such result"


@dataclass(frozen=True, slots=True)
class Grading:
    """One run of one model, or one person's reading, in short. `confidence` is 0..1."""

    id: UUID
    model_name: str
    model_version: str
    confidence: Decimal | None
    confidence_breakdown: dict[str, object] | None
    features_used: dict[str, object] | None
    created_by: UUID | None
    created_at: datetime
    created_by_name: str | None


async def list_gradings(uow: UnitOfWork, scan: Row[*tuple[Any, ...]]) -> list[Grading]:
    """The gradings of a scan that was found for the asker, the newest first. Trials are left out."""
    projection = await projection_of(uow, scan.animal_id, scan.captured_at)
    found = [Grading(*row) for row in await repository.of_scan(uow, org_of(uow.actor), scan.id)]
    return [replace(one, features_used=projection.shown(one.features_used)) for one in found]


async def get_grading(uow: UnitOfWork, scan_id: UUID) -> ScanGradingOut:
    """Everything measured on a scan. A farmer sees accepted results and accepted traits only. Raises ScanNotFound."""
    org_id = org_of(uow.actor)
    scan = await scan_repository.detail(uow, org_id, scan_id)
    if scan is None:
        raise ScanNotFound
    rows = await repository.in_full(uow, org_id, scan_id)
    seen = [row for row in rows if row.accepted or uow.actor.role != "farmer"]
    hidden = disclosure.hidden_traits(uow.actor, scan)
    projection = await projection_of(uow, scan.animal_id, scan.captured_at)
    today = [{**row._asdict(), "features_used": projection.shown(row.features_used)} for row in seen]
    shown = [disclosure.shown_result(values, hidden) for values in today]
    results = await asyncio.gather(*(_shown(row, scan.result_id) for row in shown))
    together = consensus_of(_opinions(results))
    return ScanGradingOut(
        scan_id=scan_id,
        status=scan.status,
        waiting=scan.waiting,
        last_error=scan.last_error,
        result_id=scan.result_id,
        results=results,
        consensus=ConsensusOut.model_validate(together) if together else None,
        device_grading=disclosure.shown_claims(scan.device_grading, hidden),
        calibrated=Calibration.read(scan.calibration) is not None,
    )


def _opinions(results: Sequence[ResultOut]) -> list[Opinion]:
    """The newest result of each model; `results` come newest first."""
    newest = {result.model: result for result in reversed(results) if result.model is not None}
    return [
        Opinion(model, result.abstained, result.confidence or 0.0, result.rea_cm2, result.backfat_mm)
        for model, result in sorted(newest.items())
    ]


async def request_grade(uow: UnitOfWork, scan_id: UUID, model: str | None = None) -> UUID:
    """Ask for a run on a scan, by a model or by the one whose turn it is; returns the request's id.

    Raises Forbidden, ScanNotFound, GradingRuns while one is due or in progress, NotGradable, ModelNotFound,
    ModelNotReady.
    """
    if uow.actor.role != "system":
        require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    check_at_rest(scan)
    if await request_repository.open_by_person(uow, scan.org_id, scan.id):
        raise GradingRuns
    named = await _named(uow, scan, model)
    request_id = new_id()
    values = {"id": request_id, "org_id": scan.org_id, "scan_id": scan.id, "origin": "person", **named}
    await request_repository.add(uow, values)
    due = {"due_at": func.now(), "attempts": 0, "last_error": None}
    await scan_repository.change(uow, scan, due)
    asked = {"model": model, "request_id": str(request_id)}
    await scan_repository.add_event(uow, scan, "grading_asked", asked)
    await audit.record(uow, "scan.grading_asked", "scan", scan.id, after=asked)
    uow.nudge(scan_work.KIND, scan.id)
    return request_id


async def request_later(uow: UnitOfWork, scan_id: UUID, model: str | None = None) -> UUID:
    """Ask for a run that waits behind every capture: one of many that a person asked for at once.

    Raises as `request_grade` does.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    check_at_rest(scan)
    named = await _named(uow, scan, model)
    request_id = new_id()
    values = {"id": request_id, "org_id": scan.org_id, "scan_id": scan.id, "origin": "batch", **named}
    await request_repository.add(uow, values)
    asked = {"model": model, "request_id": str(request_id)}
    await scan_repository.add_event(uow, scan, "grading_asked", asked)
    await audit.record(uow, "scan.grading_asked", "scan", scan.id, after=asked)
    return request_id


async def _named(uow: UnitOfWork, scan: Scan, model: str | None) -> dict[str, str]:
    """The columns of a request for a model. Raises NotGradable where no model grades this kind of capture."""
    if model is not None:
        version = await registry.find_ready(uow, model)
        if version.kind != scan.kind:
            raise NotGradable(f"{model} grades {version.kind}; this scan is a {scan.kind}.")
        return {"model_name": version.name, "model_version": version.version}
    if await registry.choose(uow, scan.kind, scan.capture_id) is None:
        raise NotGradable(f"No model grades a {scan.kind} yet.")
    return {}


def check_at_rest(scan: Scan) -> None:
    """Raise GradingRuns while a worker has or waits for the scan, NotGradable before its image is verified."""
    if scan.status not in GRADABLE:
        raise NotGradable(f"The scan is {scan.status}: its image has not been verified.")
    if scan.due_at is not None:
        raise GradingRuns


async def use_result(uow: UnitOfWork, scan_id: UUID, result_id: UUID) -> None:
    """Let another of its results count for a scan. Raises Forbidden, ScanNotFound, ResultNotFound, GradingRuns."""
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    result = await repository.get(uow, scan.org_id, result_id)
    if result is None or result.scan_id != scan.id or not result.accepted:
        raise ResultNotFound
    check_at_rest(scan)
    await change(uow, scan, counting(result), Act("result_chosen", "scan.result_chosen", {"result_id": str(result_id)}))


def counting(result: GradingResult) -> dict[str, Any]:
    """What a scan repeats of the result that counts."""
    by_person = result.kind != "model"
    confidence = float(result.confidence or 0)
    return {
        "status": "graded",
        "result_id": result.id,
        "graded_by": str(result.created_by) if by_person else f"{result.model_name}@{result.model_version}",
        "rea_cm2": result.rea_cm2,
        "backfat_mm": result.backfat_mm,
        "confidence": result.confidence,
        "certainty": PERSON if by_person else certainty_of(confidence, abstained=result.abstained),
    }


async def _shown(row: Mapping[str, Any], counts: UUID | None) -> ResultOut:
    features, shapes = row["features_used"] or {}, row["geometry"] or {}
    mask, overlay, thumb = await asyncio.gather(
        *(_url(row[name]) for name in ("mask_key", "overlay_key", "overlay_thumb_key"))
    )
    return ResultOut.model_validate(
        {
            **{name: row[name] for name in ResultOut.model_fields.keys() & row.keys()},
            "model": f"{row['model_name']}@{row['model_version']}" if row["kind"] == "model" else None,
            "counts": row["id"] == counts,
            "measures": features.get("measures") or {},
            "flags": features.get("flags") or [],
            "projected": features.get("projected"),
            "abstention_sentence": features.get("abstention_sentence"),
            "contours": shapes.get("contours") or {},
            "backfat_line": shapes.get("backfat_line"),
            "mask_url": mask,
            "overlay_url": overlay,
            "overlay_thumb_url": thumb,
        }
    )


async def _url(key: str | None) -> str | None:
    opened = runtime()
    return None if key is None else await opened.store.signed_url(key, opened.settings.signed_url_ttl_s)
