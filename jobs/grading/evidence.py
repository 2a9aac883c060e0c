"""What speaks for or against an outline: agreement, a decided boundary, an edge in the image, speckle, shape.

Each part is a number with a meaning of its own; `confidence` says how they become one.
"""

from dataclasses import asdict, dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from backend.grading.measures.calibration import Calibration
from backend.grading.measures.geometry import along_outline, in_mm, principal_axis, solidity
from backend.grading.measures.mask import RIBEYE
from backend.grading.measures.measured import NOMINAL
from backend.grading.measures.texture import snr
from jobs.grading.model import Frame
from jobs.grading.segment import Segments

CONTOUR_POINTS = 128
CLEAR_DIFFERENCE = 0.5
"""Of the pooled standard deviation, between grey levels outside and inside."""
SPECKLES_WIDE = 5
WINDOW_DEPTH_SPECKLES = 2
SAMPLES_ACROSS, SAMPLES_DEEP = 11, 5
SPECKLE_PX = (2.0, 16.0)
MOST_LAG = 16
BOUNDARY_INPUT_PX = 2.0
"""How far inside and outside the boundary the model is asked, in pixels of its own input."""
FEWEST_POINTS = 16
BLANK_GREY = 4.0
BLANK_FROM_PX, BLANK_TO_PX = 2.0, 10.0
"""Beyond the outline, where a mean grey below BLANK_GREY means that the picture has ended: beside a sector, say."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Shares and probabilities are 0..1; `area_cm2` needs calibration, `snr` a block of muscle."""

    tta_agreement: float
    boundary_probability: float
    ribeye_probability: float
    edge_quality: float
    snr: float | None
    area_share: float
    area_cm2: float | None
    aspect: float
    solidity: float
    fat_cover: float
    cut_share: float
    """Of the contour, where the picture ends."""

    def to_document(self) -> dict[str, float | None]:
        return {name: None if value is None else round(value, 4) for name, value in asdict(self).items()}


def gather(
    segments: Segments,
    ribeye: Polygon,
    *,
    grey: NDArray[np.uint8],
    probability: NDArray[np.float32],
    frame: Frame,
    calibration: Calibration | None,
    agreement: float,
    input_px: int,
) -> Evidence:
    """Everything the image and the model say about `ribeye`; `probability` is that of the ribeye, (H, W)."""
    points, normals = along_outline(ribeye, CONTOUR_POINTS)
    free = ~cut_off(grey, points, normals, frame)
    points, normals = points[free], normals[free]
    inside = segments.classes == RIBEYE
    axis = principal_axis(_in_mm(ribeye, calibration))
    step = BOUNDARY_INPUT_PX * max(frame.height, frame.width) / input_px
    return Evidence(
        tta_agreement=agreement,
        boundary_probability=_boundary_probability(probability, points, normals, step),
        ribeye_probability=float(probability[inside].mean()) if inside.any() else 0.0,
        edge_quality=edge_quality(grey, points, normals, speckle_px(grey, ribeye)),
        snr=snr(grey, inside),
        area_share=ribeye.area / (frame.height * frame.width),
        area_cm2=ribeye.area * calibration.px_area_cm2 if calibration else None,
        aspect=axis.length / axis.width,
        solidity=solidity(ribeye),
        fat_cover=fat_cover(ribeye, MultiPolygon(list(segments.fat))),
        cut_share=1 - float(np.mean(free)),
    )


def _in_mm(ribeye: Polygon, calibration: Calibration | None) -> Polygon:
    shape = in_mm(ribeye, calibration or NOMINAL)
    return shape if isinstance(shape, Polygon) else Polygon()


def cut_off(
    grey: NDArray[np.uint8], points: NDArray[np.float64], normals: NDArray[np.float64], frame: Frame
) -> NDArray[np.bool_]:
    """Which contour points lie where the picture simply ends: at the frame's edge, or beside nothing but black."""
    low = np.array([frame.left, frame.top]) + 2.0
    high = np.array([frame.left + frame.width, frame.top + frame.height]) - 2.0
    at_frame = ((points <= low) | (points >= high)).any(axis=1)
    beyond = points[:, None, :] + np.arange(BLANK_FROM_PX, BLANK_TO_PX)[None, :, None] * normals[:, None, :]
    return np.asarray(at_frame | (_sampled(grey, beyond).mean(axis=1) < BLANK_GREY))


def _boundary_probability(
    probability: NDArray[np.float32], points: NDArray[np.float64], normals: NDArray[np.float64], step: float
) -> float:
    """How far the model's probability falls across its own boundary, the mean over the contour: 1 is a decided one."""
    if len(points) < FEWEST_POINTS:
        return 0.0
    fall = _sampled(probability, points - step * normals) - _sampled(probability, points + step * normals)
    return float(np.clip(fall.mean(), 0, 1))


def edge_quality(
    grey: NDArray[np.uint8], points: NDArray[np.float64], normals: NDArray[np.float64], speckle: float
) -> float:
    """Share of contour points where grey levels outside and inside differ by more than half their pooled SD."""
    if len(points) < FEWEST_POINTS:
        return 0.0
    outside, inside = (_windows(grey, points, side * normals, speckle) for side in (1.0, -1.0))
    pooled = np.sqrt((outside.var(axis=1) + inside.var(axis=1)) / 2)
    apart = np.abs(outside.mean(axis=1) - inside.mean(axis=1))
    return float(np.mean(apart > CLEAR_DIFFERENCE * pooled))


def _windows(
    grey: NDArray[np.uint8], points: NDArray[np.float64], outwards: NDArray[np.float64], speckle: float
) -> NDArray[np.float64]:
    """Grey levels (points, samples) of a window beside each point: five speckles along the contour, two away."""
    along = np.linspace(-0.5, 0.5, SAMPLES_ACROSS) * SPECKLES_WIDE * speckle
    away = np.linspace(0.25, 1.0, SAMPLES_DEEP) * WINDOW_DEPTH_SPECKLES * speckle
    tangents = np.column_stack((-outwards[:, 1], outwards[:, 0]))
    places = (
        points[:, None, None, :]
        + along[None, :, None, None] * tangents[:, None, None, :]
        + away[None, None, :, None] * outwards[:, None, None, :]
    )
    return _sampled(grey, places).reshape(len(points), -1)


def _sampled(plane: NDArray[np.generic], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The pixels at [x, y] places; beyond the image its edge is repeated."""
    columns = np.clip(places[..., 0].astype(int), 0, plane.shape[1] - 1)
    rows = np.clip(places[..., 1].astype(int), 0, plane.shape[0] - 1)
    return np.asarray(plane[rows, columns], np.float64)


def speckle_px(grey: NDArray[np.uint8], ribeye: Polygon) -> float:
    """Width of a speckle across the image: twice the lag at which the muscle's autocorrelation has halved."""
    left, top, right, bottom = ribeye.bounds
    quarter_x, quarter_y = (right - left) / 4, (bottom - top) / 4
    core = grey[int(top + quarter_y) : int(bottom - quarter_y), int(left + quarter_x) : int(right - quarter_x)]
    least, most = SPECKLE_PX
    if core.shape[0] < FEWEST_POINTS or core.shape[1] < 2 * MOST_LAG:
        return least
    rough = core.astype(np.float64) - core.mean(axis=1, keepdims=True)
    half = _correlation(rough, 0) / 2
    halved = (lag for lag in range(MOST_LAG) if _correlation(rough, lag) <= half)  # no lag beyond the first is asked
    return float(np.clip(2 * next(halved, MOST_LAG), least, most))


def _correlation(rough: NDArray[np.float64], lag: int) -> float:
    """Mean product of the pixels that far apart across."""
    return float((rough[:, lag:] * rough[:, : rough.shape[1] - lag]).mean())


def fat_cover(ribeye: Polygon, fat: MultiPolygon) -> float:
    """Share of the ribeye's breadth that has fat somewhere above it."""
    left, _, right, bottom = ribeye.bounds
    xs = np.linspace(left, right, CONTOUR_POINTS // 2 + 2)[1:-1]
    lines = shapely.linestrings([[(x, 0), (x, bottom)] for x in xs])
    shapely.prepare(fat)
    return float(np.mean(shapely.intersects(fat, lines)))
