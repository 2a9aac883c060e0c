"""From outlines to numbers: the one way in which shapes are measured, whoever drew them, a model or a person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from shapely.geometry import MultiPolygon, Polygon, box

from backend.grading.measures.assumptions import Assumptions
from backend.grading.measures.calibration import Calibration
from backend.grading.measures.errors import ReaderErrors
from backend.grading.measures.flags import Flag
from backend.grading.measures.geometry import in_mm, outline, principal_axis
from backend.grading.measures.quality import IndicativeGrades, QualityTable, indicative_grades
from backend.grading.measures.ribeye import Backfat, Medial, Side, backfat, medial_end
from backend.grading.measures.values import Measure
from backend.grading.measures.yield_grade import YieldGrade, projected_yield_grade

Corners = list[list[float]]
NOMINAL = Calibration(0.35, 0.35)
"""Stands in where there is no calibration, so that windows have a sensible size; results go back to pixels."""
OUTLINE_TOLERANCE_PX = 0.3
EDGE_PX = 1.5
TRUNCATED_SHARE = 0.03
"""Of the outline along the image's edge, from which on a ribeye counts as cut off."""
REA_SEEN_CM2 = (60.6, 115.5)
BACKFAT_SEEN_MM = (1.3, 40.6)


@dataclass(frozen=True, slots=True)
class Shapes:
    """Outlines in pixels, and the rectangle of tissue they lie in (left, top, right, bottom)."""

    ribeye: Polygon
    fat: Sequence[Polygon]
    frame: tuple[float, float, float, float]
    truncated: bool = False
    """Known to be cut off, say by the edge of a sector; the frame's edge is looked at in any case."""


@dataclass(frozen=True, slots=True)
class Projected:
    """Grades of the carcass this animal would make, and what was taken for granted."""

    yield_grade: YieldGrade
    indicative: IndicativeGrades
    assumptions: Assumptions

    def to_document(self) -> dict[str, object]:
        grade = self.yield_grade
        return {
            "yield_grade": {
                "value": round(grade.value, 4),
                "grade": grade.grade,
                "plus_minus": round(grade.plus_minus, 4),
                "carcass_weight_kg": round(grade.carcass_weight_kg, 1),
                "weight_assumed": grade.weight_assumed,
            },
            "indicative": asdict(self.indicative) | {"reasons": list(self.indicative.reasons)},
            "assumptions": self.assumptions.to_document(),
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """What shapes measure. Lines and outlines are in pixels of the image, [x, y] from its upper left corner."""

    measures: dict[str, Measure]
    contours: dict[str, Corners]
    backfat_line: Corners | None
    medial: Medial
    projected: Projected | None
    flags: list[Flag] = field(default_factory=list)


def measure_shapes(
    shapes: Shapes,
    *,
    calibration: Calibration | None,
    medial: Side | None = None,
    errors: ReaderErrors | None = None,
    assumptions: Assumptions | None = None,
    table: QualityTable | None = None,
) -> Measured:
    """Area, length, width and backfat of a ribeye; cm² and mm only with calibration, ± only with `errors`.

    Grades are projected where there are `assumptions`, by `table` or the shipped one.
    """
    scale = calibration or NOMINAL
    ribeye, fat = in_mm(shapes.ribeye, scale), in_mm(MultiPolygon(list(shapes.fat)), scale)
    end = medial_end(principal_axis(ribeye), medial)
    read = backfat(ribeye, fat, end.side)
    other = backfat(ribeye, fat, "right" if end.side == "left" else "left") if end.source == "unknown" else None
    measures = _sizes(shapes.ribeye, ribeye, calibration, errors) | _thickness(read, other, calibration, errors)
    projected = project(measures, assumptions, errors, table) if assumptions else None
    return Measured(
        measures=measures,
        contours={"ribeye": _corners([shapes.ribeye]), "fat": _corners(shapes.fat)},
        backfat_line=_line(read, scale),
        medial=end,
        projected=projected,
        flags=_flags(shapes, end, measures, projected),
    )


def _sizes(
    traced: Polygon, ribeye: Polygon, calibration: Calibration | None, errors: ReaderErrors | None
) -> dict[str, Measure]:
    axis = principal_axis(traced if calibration is None else ribeye)
    sizes = {"roi_area_px": Measure(traced.area, "px")}
    if calibration is None:
        return sizes | {"length_px": Measure(axis.length, "px"), "width_px": Measure(axis.width, "px")}
    area = Measure(ribeye.area / 100, "cm²", errors.rea_cm2 if errors else None)
    return sizes | {"rea_cm2": area, "length_mm": Measure(axis.length, "mm"), "width_mm": Measure(axis.width, "mm")}


def _thickness(
    read: Backfat | None, other: Backfat | None, calibration: Calibration | None, errors: ReaderErrors | None
) -> dict[str, Measure]:
    if read is None:
        return {}
    if calibration is None:
        return {"backfat_px": Measure(read.thickness_mm / NOMINAL.mm_per_px_y, "px")}
    between = abs(read.thickness_mm - other.thickness_mm) if other else 0.0
    plus_minus = (errors.backfat_mm**2 + between**2) ** 0.5 if errors else None
    return {"backfat_mm": Measure(read.thickness_mm, "mm", plus_minus)}


def project(
    measures: Mapping[str, Measure],
    assumptions: Assumptions,
    errors: ReaderErrors | None = None,
    table: QualityTable | None = None,
) -> Projected | None:
    """Grades from an area and a backfat; None where one of them is missing, or any live weight is."""
    rea, fat = measures.get("rea_cm2"), measures.get("backfat_mm")
    if rea is None or fat is None:
        return None
    least = errors or ReaderErrors()
    grade = projected_yield_grade(
        rea.value,
        fat.value,
        assumptions,
        rea_sd_cm2=rea.plus_minus or least.rea_cm2,
        backfat_sd_mm=fat.plus_minus or least.backfat_mm,
    )
    if grade is None:
        return None
    return Projected(grade, indicative_grades(None, fat.value, grade.value, table), assumptions)


def _corners(shapes: Sequence[Polygon]) -> Corners:
    return outline(max(shapes, key=lambda shape: shape.area), OUTLINE_TOLERANCE_PX) if shapes else []


def _line(read: Backfat | None, scale: Calibration) -> Corners | None:
    if read is None:
        return None
    return [[round(x / scale.mm_per_px_x, 2), round(y / scale.mm_per_px_y, 2)] for x, y in read.line]


def is_truncated(shape: Polygon, frame: tuple[float, float, float, float]) -> bool:
    """Whether a shape's outline runs along the edge of the frame it lies in."""
    inner = box(*frame).buffer(-EDGE_PX, join_style="mitre")
    along_edge = shape.exterior.difference(inner).length
    return bool(along_edge > TRUNCATED_SHARE * shape.exterior.length)


def _flags(shapes: Shapes, end: Medial, measures: dict[str, Measure], projected: Projected | None) -> list[Flag]:
    rea, fat = measures.get("rea_cm2"), measures.get("backfat_mm")
    raised = {
        Flag.NO_CALIBRATION: rea is None,
        Flag.MEDIAL_FROM_ANATOMY: end.source == "anatomy",
        Flag.MEDIAL_UNKNOWN: end.source == "unknown",
        Flag.TRUNCATED: shapes.truncated or is_truncated(shapes.ribeye, shapes.frame),
        Flag.NO_BACKFAT: fat is None and "backfat_px" not in measures,
        Flag.REA_OUTSIDE_SEEN_RANGE: _outside(rea, REA_SEEN_CM2),
        Flag.BACKFAT_OUTSIDE_SEEN_RANGE: _outside(fat, BACKFAT_SEEN_MM),
        Flag.WEIGHT_ASSUMED: projected is not None and projected.yield_grade.weight_assumed,
    }
    return [flag for flag, is_raised in raised.items() if is_raised]


def _outside(measure: Measure | None, seen: tuple[float, float]) -> bool:
    return measure is not None and not seen[0] <= measure.value <= seen[1]
