"""What people measure: a corrected outline, or numbers read by eye. Added beside what devices and models made.

A correction keeps the mask as it was drawn, its author, what it corrects and how much of that stayed, and is measured
by the same formulas as a model's outline.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, FieldError, Invalid
from backend.core.ids import new_id
from backend.core.runtime import runtime
from backend.grading import repository
from backend.grading.measures import (
    Calibration,
    Flag,
    Measure,
    Measured,
    Projected,
    mask_iou,
    measure_mask,
    project,
    read_mask,
    write_mask,
)
from backend.grading.measures.errors import ReaderErrors
from backend.grading.models import GradingResult
from backend.grading.projection import Projection, projection_of
from backend.grading.service import PERSON, PERSON_VERSION, ResultNotFound, check_at_rest, counting
from backend.scans.doors import Act, access_scan, change, require_worker
from backend.scans.models import Asset, Scan

MASK_BYTES = 1_000_000
"""A mask of two million pixels in three colours has some ten thousand bytes."""

Known = UUID | Literal["none"] | None
"""The newest correction that somebody has seen, `none` where there was none; None: it does not matter."""
FatSource = Literal["base", "drawn"]
"""Where the fat comes from when the mask has none: from what is corrected, or there is none indeed."""

EVENTS = {"correction": "corrected", "manual": "read_by_person"}


class CorrectedMeanwhile(Conflict):
    """Somebody saved a correction that the author of this one has not seen."""

    code, title = "corrected_meanwhile", "Somebody else corrected this image meanwhile"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mask as it is kept, with its measures and how much of the base it left."""

    png: bytes
    measured: Measured
    base_iou: float | None


async def correct_mask(
    uow: UnitOfWork,
    scan_id: UUID,
    mask: bytes,
    *,
    base_id: UUID | None = None,
    known: Known = None,
    fat: FatSource = "base",
    note: str = "",
) -> UUID:
    """Add a corrected outline of the ribeye, which counts from now on; returns the result's id.

    `mask` is a PNG of the image's size. Without a base it corrects the result that counts. Raises Forbidden,
    ScanNotFound, ResultNotFound, CorrectedMeanwhile, GradingRuns, NotGradable, NotAnImage, ImageTooLarge, MaskRefused.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    await _check_known(uow, scan, known)
    base = await _base(uow, scan, base_id)
    check_at_rest(scan)
    if not mask or len(mask) > MASK_BYTES:
        raise Invalid(f"Send a PNG of at most {MASK_BYTES:,} bytes as the body.")
    projection = await projection_of(uow, scan.animal_id, scan.captured_at)
    size_px = await _size_of(uow, scan)
    below = await _mask_of(base)
    calibration = Calibration.read(scan.calibration)
    drawn = await asyncio.to_thread(partial(_draw, mask, below, size_px, calibration, projection, fat=fat))
    result = _result(uow, scan, kind="correction", note=note)
    result.base_id = None if base is None else base.id
    result.base_iou = None if drawn.base_iou is None else Decimal(f"{drawn.base_iou:.4f}")
    measured = drawn.measured
    _tell_measures(result, measured.measures, measured.projected, measured.flags)
    result.geometry = {"contours": dict(measured.contours), "backfat_line": measured.backfat_line}
    result.mask_key = f"processed/{scan.capture_id}/{scan.id}/corrections/{result.id}/mask.png"
    result.mask_sha256 = hashlib.sha256(drawn.png).hexdigest()
    await runtime().store.put_derived(result.mask_key, drawn.png, "image/png")
    return await _add(uow, scan, result)


async def add_reading(
    uow: UnitOfWork, scan_id: UUID, *, rea_cm2: float | None = None, backfat_mm: float | None = None, note: str = ""
) -> UUID:
    """Add numbers a person read, which count from now on; returns the result's id.

    Raises Forbidden, ScanNotFound, GradingRuns, NotGradable, Invalid without a number.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    check_at_rest(scan)
    if rea_cm2 is None and backfat_mm is None:
        raise Invalid(errors=[FieldError(path="rea_cm2", message="or the backfat must be given")])
    result = _result(uow, scan, kind="manual", note=note)
    measures = _read_by_eye(rea_cm2, backfat_mm)
    projection = await projection_of(uow, scan.animal_id, scan.captured_at)
    projected = project(measures, projection.taken, table=projection.table)
    assumed = projected is not None and projected.yield_grade.weight_assumed
    _tell_measures(result, measures, projected, [Flag.WEIGHT_ASSUMED] if assumed else [])
    return await _add(uow, scan, result)


def _read_by_eye(rea_cm2: float | None, backfat_mm: float | None) -> dict[str, Measure]:
    errors = ReaderErrors()
    read = (
        ("rea_cm2", rea_cm2, "cm²", errors.rea_cm2),
        ("backfat_mm", backfat_mm, "mm", errors.backfat_mm),
    )
    return {name: Measure(value, unit, error) for name, value, unit, error in read if value is not None}


async def _base(uow: UnitOfWork, scan: Scan, base_id: UUID | None) -> GradingResult | None:
    """What is corrected. Raises ResultNotFound for a base that is not this scan's."""
    wanted = base_id or scan.result_id
    base = None if wanted is None else await repository.get(uow, scan.org_id, wanted)
    if base_id is not None and (base is None or base.scan_id != scan.id):
        raise ResultNotFound
    return base


async def _check_known(uow: UnitOfWork, scan: Scan, known: Known) -> None:
    """Raise CorrectedMeanwhile where a correction is newer than the one that the author has seen."""
    newest = None if known is None else await repository.newest_correction(uow, scan.org_id, scan.id)
    if newest is not None and newest.id != known:
        who = newest.created_by_name or "Somebody"
        raise CorrectedMeanwhile(f"{who} saved a correction of this image while you were drawing yours.")


async def _size_of(uow: UnitOfWork, scan: Scan) -> tuple[int, int] | None:
    """Width and height of the scan's image in pixels."""
    chosen = select(col(Asset.width_px), col(Asset.height_px))
    row = (await uow.session.execute(chosen.where(col(Asset.id) == scan.image_asset_id))).one_or_none()
    return None if row is None or row.width_px is None else (row.width_px, row.height_px)


async def _mask_of(base: GradingResult | None) -> bytes | None:
    """The base's mask; none for an abstention and for numbers without an outline."""
    if base is None or base.mask_key is None or base.abstained:
        return None
    return await runtime().store.read(base.mask_key, MASK_BYTES)


def _draw(
    mask: bytes,
    below: bytes | None,
    size_px: tuple[int, int] | None,
    calibration: Calibration | None,
    projection: Projection,
    *,
    fat: FatSource,
) -> Drawn:
    """Measure the mask and compare it with the one below. CPU work."""
    fat_mask = below if fat == "base" else None
    measured = measure_mask(
        mask,
        calibration=calibration,
        fat_mask=fat_mask,
        assumptions=projection.taken,
        table=projection.table,
        size_px=size_px,
    )
    classes = read_mask(mask, size_px)
    iou = None if below is None else mask_iou(classes, read_mask(below, size_px))
    return Drawn(write_mask(classes), measured, iou)


def _result(uow: UnitOfWork, scan: Scan, *, kind: str, note: str) -> GradingResult:
    return GradingResult(
        id=new_id(),
        org_id=scan.org_id,
        scan_id=scan.id,
        kind=kind,
        model_name=PERSON,
        model_version=PERSON_VERSION,
        created_by=uow.actor.user_id,
        note=note or None,
    )


def _tell_measures(
    result: GradingResult, measures: Mapping[str, Measure], projected: Projected | None, flags: Sequence[Flag]
) -> None:
    result.features_used = {
        "measures": {name: measure.to_document() for name, measure in measures.items()},
        "projected": projected.to_document() if projected else None,
        "flags": [{"code": flag.value, "sentence": flag.sentence} for flag in flags],
    }
    rea, fat = measures.get("rea_cm2"), measures.get("backfat_mm")
    if rea is not None:
        result.rea_cm2, result.rea_cm2_error = _column(rea.value, rea.plus_minus)
    if fat is not None:
        result.backfat_mm, result.backfat_mm_error = _column(fat.value, fat.plus_minus)


def _column(value: float | None, error: float | None) -> tuple[Decimal | None, Decimal | None]:
    if value is None:
        return None, None
    return Decimal(f"{value:.3f}"), None if error is None else Decimal(f"{error:.3f}")


async def _add(uow: UnitOfWork, scan: Scan, result: GradingResult) -> UUID:
    """Store a person's result and let it count."""
    uow.session.add(result)
    await uow.session.flush()
    told: dict[str, Any] = {"result_id": str(result.id), "kind": result.kind}
    told |= {name: float(value) for name in ("rea_cm2", "backfat_mm") if (value := getattr(result, name)) is not None}
    await change(uow, scan, counting(result), Act(EVENTS[result.kind], f"scan.{result.kind}", told))
    return result.id
