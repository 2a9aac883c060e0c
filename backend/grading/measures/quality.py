"""Indicative quality grades of the USDA and Canada, by a versioned table; `CTI_QUALITY_TABLE` names another one.

Marbling is measured as %IMF on longitudinal images; a cross-section of the ribeye has none, and then there is no
quality grade, only the reason why.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SHIPPED_TABLE = Path(__file__).with_name("quality_v1.json")
NO_IMF = "Marbling is read from longitudinal images; this cross-section gives no %IMF, so no quality grade."
TOO_LEAN = "Canada grades A to Prime ask for at least {least:g} mm of fat; {backfat_mm:.1f} mm were found."
NO_CANADA_GRADE = "Marbling is below what Canada's A asks for."


@dataclass(frozen=True, slots=True)
class MarblingBand:
    """From which %IMF a degree of marbling begins, and the grades it stands for."""

    degree: str
    imf_percent_from: float
    usda: str
    canada: str | None


@dataclass(frozen=True, slots=True)
class QualityTable:
    """Bands from low to high; `canada_yield_from` are (class, least value), the first without one."""

    version: str
    label: str
    canada_least_fat_mm: float
    marbling: Sequence[MarblingBand]
    canada_yield_from: Sequence[tuple[int, float | None]]


@dataclass(frozen=True, slots=True)
class IndicativeGrades:
    """Grades the table gives; where there is none, `reasons` say why."""

    table_version: str
    label: str
    marbling: str | None
    usda_quality: str | None
    canada_quality: str | None
    canada_yield: int | None
    reasons: Sequence[str]


@lru_cache(maxsize=8)
def quality_table(path: Path = SHIPPED_TABLE) -> QualityTable:
    """Read a table; raises ValueError where its bands do not rise or a key is missing."""
    try:
        document = json.loads(path.read_text())
        table = QualityTable(
            version=document["version"],
            label=document["label"],
            canada_least_fat_mm=document["canada_least_fat_mm"],
            marbling=tuple(MarblingBand(**band) for band in document["marbling"]),
            canada_yield_from=tuple((each["grade"], each["value_from"]) for each in document["canada_yield_from"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a quality table: {error}") from error
    starts = [band.imf_percent_from for band in table.marbling]
    if not starts or starts != sorted(set(starts)):
        raise ValueError(f"{path.name}: the bands of marbling must rise.")
    return table


def indicative_grades(
    imf_percent: float | None, backfat_mm: float, yield_value: float | None, table: QualityTable | None = None
) -> IndicativeGrades:
    """What the table says of %IMF, backfat and an exact yield grade."""
    table = table or quality_table()
    band = _band(imf_percent, table)
    reasons = [] if band else [NO_IMF]
    canada = band.canada if band else None
    if band and canada is None:
        reasons.append(NO_CANADA_GRADE)
    if backfat_mm < table.canada_least_fat_mm:
        canada = None
        reasons.append(TOO_LEAN.format(least=table.canada_least_fat_mm, backfat_mm=backfat_mm))
    return IndicativeGrades(
        table_version=table.version,
        label=table.label,
        marbling=band.degree if band else None,
        usda_quality=band.usda if band else None,
        canada_quality=canada,
        canada_yield=_canada_yield(yield_value, table),
        reasons=tuple(reasons),
    )


def _band(imf_percent: float | None, table: QualityTable) -> MarblingBand | None:
    if imf_percent is None:
        return None
    reached = [band for band in table.marbling if imf_percent >= band.imf_percent_from]
    return reached[-1] if reached else None


def _canada_yield(value: float | None, table: QualityTable) -> int | None:
    if value is None:
        return None
    reached = [grade for grade, least in table.canada_yield_from if least is None or round(value, 6) >= least]
    return reached[-1] if reached else None
