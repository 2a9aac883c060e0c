"""The USDA yield grade, and its projection for a live animal.

Source: guidelines.beefimprovement.org, "Final Calculated Yield Grade". A live animal has no carcass weight and no
kidney, pelvic and heart fat, so its grade is always projected, with the assumptions beside it.
"""

from dataclasses import dataclass
from math import hypot

from backend.grading.measures.assumptions import Assumptions

CM2_PER_IN2 = 6.4516
MM_PER_IN = 25.4
CLASSES = (1, 5)
FAT_PER_CM, KPH_PER_PERCENT, HCW_PER_KG, REA_PER_CM2 = 0.9843, 0.2, 0.008378, -0.0496


@dataclass(frozen=True, slots=True)
class YieldGrade:
    """`value` is exact, `grade` has its decimals dropped; `plus_minus` is one standard deviation."""

    value: float
    grade: int
    plus_minus: float
    carcass_weight_kg: float
    weight_assumed: bool


def yield_grade_imperial(fat_in: float, kph_percent: float, carcass_weight_lb: float, rea_in2: float) -> float:
    """2.50 + 2.5·fat(in) + 0.2·KPH(%) + 0.0038·HCW(lb) - 0.32·REA(in²)."""
    return 2.50 + 2.5 * fat_in + 0.2 * kph_percent + 0.0038 * carcass_weight_lb - 0.32 * rea_in2


def yield_grade(fat_cm: float, kph_percent: float, carcass_weight_kg: float, rea_cm2: float) -> float:
    """2.50 + 0.9843·fat(cm) + 0.2·KPH(%) + 0.008378·HCW(kg) - 0.0496·REA(cm²)."""
    return (
        2.50
        + FAT_PER_CM * fat_cm
        + KPH_PER_PERCENT * kph_percent
        + HCW_PER_KG * carcass_weight_kg
        + REA_PER_CM2 * rea_cm2
    )


def yield_class(value: float) -> int:
    """The value with its decimals dropped, 1..5; a millionth is rounding, not a grade."""
    least, most = CLASSES
    return max(least, min(most, int(round(value, 6))))


def projected_yield_grade(
    rea_cm2: float, backfat_mm: float, assumptions: Assumptions, *, rea_sd_cm2: float, backfat_sd_mm: float
) -> YieldGrade | None:
    """The grade the carcass would have; None where not even a live weight is assumed. Errors add in quadrature."""
    weight = assumptions.carcass_weight_kg()
    if weight is None:
        return None
    value = yield_grade(backfat_mm / 10, assumptions.kph_percent, weight.kg, rea_cm2)
    plus_minus = hypot(FAT_PER_CM * backfat_sd_mm / 10, REA_PER_CM2 * rea_sd_cm2, HCW_PER_KG * weight.sd_kg)
    return YieldGrade(value, yield_class(value), plus_minus, weight.kg, weight.assumed)
