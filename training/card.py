"""The model's card: what it is, what it is not, and its figures, in plain words."""

from typing import Any

from training.shipped import FOLDER, NAME, VERSION

TEXT = """# {name} {version}

**Trained on simulation. Not validated on real cattle.** Every figure below is of simulated frames; how well the model
measures animals is unknown until it has been held against carcasses or a certified technician.

## What it does
Finds the ribeye (longissimus) and the subcutaneous fat over it in a B-mode cross-section between the 12th and 13th rib,
taken with a 3.5 MHz probe of 15 to 19 cm, and gives the platform their outlines. Areas and depths are computed from
the outlines, in cm² and mm only where the capture brings its calibration.

## What it is not for
Longitudinal images, %IMF, rump fat, other species, decisions on price without a technician. On images that show no
ribeye it abstains; an abstention is an answer.

## How it was made
UNet++ with five levels and base 12 behind a strided stem (1.1 million parameters) on 256 x 256 px, trained on
{phantoms} simulated phantoms by `make train`. Families of seeds and one corner of the parameters were held out.

## Figures
`python -m training.evaluate` printed them, measured by the platform's own pipeline at native resolution.

| domain | frames | abstained | Dice, all | REA error (MAE) | backfat error (MAE) |
| --- | --- | --- | --- | --- | --- |
{rows}

Errors are of answered frames. ± in the platform joins the model's own error (SD {rea_sd} cm², {fat_sd} mm) with that of
ultrasound against carcass (4.49 cm², 2.0 mm; Greiner 2003).
"""
WORDS = {
    "held_out": "held-out phantoms",
    "shifted_corner": "corner never seen in training",
    "no_ribeye": "phantoms without a ribeye",
    "real_frames_of_other_tissue": "real frames of other tissue",
}


def _row(name: str, facts: dict[str, Any]) -> str:
    def shown(key: str, unit: str) -> str:
        return f"{facts[key]:.2f} {unit}" if key in facts else "–"

    dice = f"{facts['dice_all']:.3f}" if "dice_all" in facts else "–"
    return (
        f"| {WORDS[name]} | {facts['frames']} | {facts['abstained_share']:.1%} | {dice} "
        f"| {shown('rea_cm2_mae', 'cm²')} | {shown('backfat_mm_mae', 'mm')} |"
    )


def write_card(report: dict[str, Any]) -> None:
    """Write `card.md` from the report of `training.evaluate`."""
    from training.dataset import TRAINING

    errors = report["errors"]
    rows = "\n".join(_row(name, facts) for name, facts in report["domains"].items())
    text = TEXT.format(
        name=NAME,
        version=VERSION,
        phantoms=f"{TRAINING:,}",
        rows=rows,
        rea_sd=errors["rea_cm2_sd"],
        fat_sd=errors["backfat_mm_sd"],
    )
    (FOLDER / "card.md").write_text(text)
