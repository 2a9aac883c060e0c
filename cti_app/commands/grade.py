"""`cti grade`: measure one image with a model of this installation. A file needs no server, database or queue.

A scan is graded on the platform, as if somebody had asked for it there: see `grade_scan`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cti_app.commands.grade_scan import say_scan, scan_named
from cti_app.commands.output import CommandError, Exit, JsonOption, Output, speaking
from cti_app.commands.run import DataDirOption, chosen_settings

if TYPE_CHECKING:
    from backend.grading.measures import Assumptions, Calibration, Measure
    from backend.grading.measures.measured import Projected
    from backend.grading.measures.ribeye import Side
    from jobs.grading import Graded, LoadedModel

DEFAULT_MODEL = "ribeye-unetpp@1.0.0"
SIDES = ("left", "right")
NAMES = {
    "rea_cm2": "ribeye area",
    "roi_area_px": "ribeye area",
    "length_mm": "length",
    "length_px": "length",
    "width_mm": "width",
    "width_px": "width",
    "backfat_mm": "backfat",
    "backfat_px": "backfat",
    "mean_intensity": "mean intensity",
    "texture_glcm_contrast": "texture (GLCM contrast)",
    "snr": "signal to noise",
    "cnr": "contrast to noise, ribeye to fat",
}


def grade(
    target: Annotated[
        Path, typer.Argument(metavar="FILE|SCAN", help="A PNG or JPEG frame, or the id of a scan.", show_default=False)
    ],
    mm_per_px: Annotated[
        str | None, typer.Option(help="Size of a pixel in mm: one number, or across,down. Pixels only without.")
    ] = None,
    medial: Annotated[str | None, typer.Option(help="The end towards the spine: left or right.")] = None,
    mask: Annotated[Path | None, typer.Option(help="A reference mask (PNG) to compare with.")] = None,
    live_weight: Annotated[float | None, typer.Option(help="Live weight in kg.")] = None,
    dressing: Annotated[float | None, typer.Option(help="Dressing percentage.")] = None,
    kph: Annotated[float | None, typer.Option(help="Kidney, pelvic and heart fat in percent.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="name@version; for a file also a model's folder. Without: the shipped one, or whose turn it is."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the overlay here, as PNG; without: FILE-overlay.png in this folder.")
    ] = None,
    mask_out: Annotated[Path | None, typer.Option(help="Write the mask here, as PNG.")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Measure one image: ribeye area, backfat, confidence, and the grade they project, or why there is no answer."""
    from jobs.grading import grade_image

    with speaking(as_json=as_json) as output:
        scan_id = scan_named(target)
        if scan_id is not None:
            say_scan(output, scan_id, model, chosen_settings(None, data_dir))
            return
        data, reference = _read(target), _read(mask) if mask else None
        calibration, side = _calibration(mm_per_px), _side(medial)
        assumptions = _assumptions(live_weight, dressing, kph)
        loaded = load_named(model or DEFAULT_MODEL)
        graded = grade_image(
            data,
            model=loaded,
            calibration=calibration,
            medial=side,
            reference_mask=reference,
            assumptions=assumptions,
        )
        overlay = out or Path(f"{target.stem}-overlay.png")
        written = _write({overlay: graded.overlay_png, mask_out: graded.mask_png})
        _say(output, target, loaded, graded, written)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", Exit.REFUSED) from error


def _calibration(text: str | None) -> "Calibration | None":
    from backend.grading.measures import Calibration

    if text is None:
        return None
    try:
        across, *down = (float(part) for part in text.split(","))
        return Calibration(across, *(down or [across]))
    except (ValueError, TypeError) as error:
        raise CommandError(f"--mm-per-px {text}: one number in mm, or two with a comma. {error}", Exit.USAGE) from error


def _side(text: str | None) -> "Side | None":
    if text is not None and text not in SIDES:
        raise CommandError(f"--medial must be left or right, not {text}.", Exit.USAGE)
    return text  # type: ignore[return-value]


def _assumptions(live_weight: float | None, dressing: float | None, kph: float | None) -> "Assumptions":
    from backend.grading.measures import Assumptions

    given = {"live_weight_kg": live_weight, "dressing_percent": dressing, "kph_percent": kph}
    try:
        return Assumptions(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from error


def load_named(name: str) -> "LoadedModel":
    """A shipped model by `name@version`, or a model's folder."""
    from jobs.grading import load_model
    from jobs.grading.model import SHIPPED

    folder = Path(name)
    return load_model(folder if folder.is_dir() else SHIPPED / folder.name)


def _write(pictures: dict[Path | None, bytes]) -> list[str]:
    written = []
    for path, data in pictures.items():
        if path is None:
            continue
        try:
            path.write_bytes(data)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        written.append(str(path))
    return written


def _say(output: Output, target: Path, model: "LoadedModel", graded: "Graded", written: list[str]) -> None:
    document = {"file": str(target), "model": model.reference, "written": written} | graded.to_document()
    output.result(document, *_lines(target, model, graded), *(f"Written: {path}" for path in written))


def _lines(target: Path, model: "LoadedModel", graded: "Graded") -> list[str]:
    head = f"{target.name}, {model.reference}, {graded.timings_ms['total']:.0f} ms"
    if graded.abstention is not None:
        saw = f"Abstained ({graded.abstention.value}): {graded.abstention.sentence}"
        return [head, saw, f"Confidence {graded.confidence:.2f}; nothing is measured."]
    measures = [_measure_line(name, measure) for name, measure in graded.measures.items()]
    projected = _projected_lines(graded.projected) if graded.projected else []
    return [head, *measures, _confidence_line(graded), *projected, *(f"! {flag.sentence}" for flag in graded.flags)]


def _measure_line(name: str, measure: "Measure") -> str:
    error = "" if measure.plus_minus is None else f" ± {measure.plus_minus:.1f}"
    return f"  {NAMES[name]:<34}{measure.value:10.1f}{error} {measure.unit}".rstrip()


def _confidence_line(graded: "Graded") -> str:
    parts = graded.confidence_breakdown["parts"]
    said = ", ".join(f"{name} {part:.2f}" for name, part in parts.items()) if isinstance(parts, dict) else ""
    return f"  {'confidence':<34}{graded.confidence:10.2f} ({said})"


def _projected_lines(projected: "Projected") -> list[str]:
    grade, assumed = projected.yield_grade, projected.assumptions
    taken = f"dressing {assumed.dressing_percent:g} %, KPH {assumed.kph_percent:g} %"
    weight = f"carcass {grade.carcass_weight_kg:.0f} kg{' (assumed)' if grade.weight_assumed else ''}"
    value = f"{grade.value:.2f} ± {grade.plus_minus:.2f}"
    return [
        f"  {'projected USDA yield grade':<34}{grade.grade:10d} ({value}; {weight}, {taken})",
        *(f"  {reason}" for reason in projected.indicative.reasons),
    ]
