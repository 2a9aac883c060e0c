"""A model's `config.json` as types: input, test-time augmentation, thresholds, errors. A wrong key is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from backend.grading.measures.errors import ReaderErrors
from backend.grading.measures.texture import GlcmSpec
from jobs.grading.errors import ModelRefused

CLASSES = 3
MOST_PASSES = 8
INPUT_PX = (64, 1024)


@dataclass(frozen=True, slots=True)
class Pass:
    """One look at the image: mirrored left to right, brightened (gamma), enlarged (scale). Never upside down."""

    flip: bool = False
    gamma: float = 1.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Below or above which the pipeline abstains. Shares are 0..1; what a model leaves out is not asked for."""

    min_area_share: float = 0.02
    """Of the tissue, that the ribeye covers."""
    max_area_share: float = 0.8
    min_area_cm2: float = 0.0
    """Asked for with calibration only."""
    max_area_cm2: float = 1000.0
    min_aspect: float = 1.0
    max_aspect: float = 6.0
    min_solidity: float = 0.8
    min_fat_cover: float = 0.0
    """Share of the ribeye's breadth with fat above it."""
    min_tta_agreement: float = 0.7
    min_boundary_probability: float = 0.3
    min_ribeye_probability: float = 0.0
    """Mean probability inside the outline."""
    min_edge_quality: float = 0.0
    min_confidence: float = 0.3


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What the pipeline needs of a configuration; `document` is the whole of it, for the model's own preprocessing."""

    name: str
    version: str
    kind: str
    input_px: int
    temperature: float
    passes: tuple[Pass, ...]
    thresholds: Thresholds
    glcm: GlcmSpec
    errors: ReaderErrors
    document: Mapping[str, Any]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Raises ModelRefused with what is missing or out of bounds."""
        try:
            config = cls._read(document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelRefused(f"config.json cannot be used: {type(error).__name__}: {error}.") from error
        _check(config)
        return config

    @classmethod
    def _read(cls, document: Mapping[str, Any]) -> Self:
        errors = document.get("errors", {})
        return cls(
            name=str(document["name"]),
            version=str(document["version"]),
            kind=str(document["kind"]),
            input_px=int(document["input_size"]),
            temperature=float(document.get("temperature", 1.0)),
            passes=tuple(Pass(**each) for each in document.get("tta") or [{}]),
            thresholds=Thresholds(**_numbers(document.get("thresholds", {}), Thresholds)),
            glcm=GlcmSpec.read(document.get("glcm", {})),
            errors=ReaderErrors(float(errors.get("rea_cm2_sd", 0)), float(errors.get("backfat_mm_sd", 0))),
            document=document,
        )


def _check(config: ModelConfig) -> None:
    least, most = INPUT_PX
    if not least <= config.input_px <= most:
        raise ModelRefused(f"config.json: input_size must be from {least} to {most}; it is {config.input_px}.")
    if len(config.document.get("classes", ())) != CLASSES:
        raise ModelRefused("config.json: classes must be background, ribeye and fat, in this order.")
    if not 0 < config.temperature <= 100:  # noqa: PLR2004 (beyond it every class is as likely)
        raise ModelRefused(f"config.json: temperature must be from 0 to 100; it is {config.temperature:g}.")
    if len(config.passes) > MOST_PASSES or not all(_sane(each) for each in config.passes):
        raise ModelRefused(f"config.json: tta must be at most {MOST_PASSES} passes near the image itself.")


def _numbers(document: Mapping[str, Any], kind: type[Thresholds]) -> dict[str, float]:
    """The thresholds a document sets; one nobody asks about is refused, since it would be silently ignored."""
    known = {field.name for field in fields(kind)}
    if unknown := set(document) - known:
        raise ValueError(f"thresholds that the pipeline does not know: {', '.join(sorted(unknown))}")
    return {name: float(value) for name, value in document.items()}


def _sane(one: Pass) -> bool:
    return 0.3 <= one.gamma <= 3 and 0.5 <= one.scale <= 2  # noqa: PLR2004 (further off is another image)
