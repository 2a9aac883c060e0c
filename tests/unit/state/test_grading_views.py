"""Gradings as the page of a scan shows them."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from backend.grading.schemas import ConsensusOut, FlagOut, MeasureOut, ResultOut, ScanGradingOut
from state import grading_views as views
from state import words
from state.scan import with_quick_key

MADE = datetime(2026, 3, 9, 21, 30, tzinfo=UTC)
OUTLINE = [[10.0, 10.0], [20.0, 10.0], [15.0, 22.5]]
MEASURES = {
    "rea_cm2": MeasureOut(value=82.4, unit="cm²", plus_minus=4.5),
    "backfat_mm": MeasureOut(value=9.6, unit="mm", plus_minus=2.0),
    "length_mm": MeasureOut(value=141.0, unit="mm"),
}
PROJECTED: dict[str, object] = {
    "yield_grade": {
        "value": 2.754,
        "grade": 2,
        "plus_minus": 0.31,
        "carcass_weight_kg": 372.0,
        "weight_assumed": True,
    },
    "indicative": {
        "table_version": "1.0.0",
        "label": "indicative",
        "usda_quality": None,
        "canada_quality": None,
        "canada_yield": 2,
        "reasons": ["This cross-section gives no %IMF."],
    },
    "assumptions": {"dressing_percent": 62.0, "kph_percent": 2.5},
}


def made(**changes: Any) -> ResultOut:
    """A result of a model that counts; `changes` replace what it says."""
    usual: dict[str, Any] = dict.fromkeys(ResultOut.model_fields)
    usual |= {
        "id": uuid4(),
        "kind": "model",
        "model": "ribeye-unetpp@1.0.0",
        "alias": "champion",
        "accepted": True,
        "counts": False,
        "abstained": False,
        "measures": MEASURES,
        "flags": [],
        "projected": PROJECTED,
        "confidence": 0.91,
        "confidence_breakdown": {},
        "reference_n": 0,
        "contours": {"ribeye": OUTLINE, "fat": OUTLINE},
        "backfat_line": [[12.0, 3.0], [12.0, 9.0]],
        "created_at": MADE,
    }
    return ResultOut.model_validate({**usual, **changes})


def graded(*results: ResultOut, **changes: Any) -> ScanGradingOut:
    usual: dict[str, Any] = {
        "scan_id": uuid4(),
        "status": "graded",
        "waiting": False,
        "result_id": None,
        "results": list(results),
        "device_grading": None,
        "calibrated": True,
        "last_error": None,
        "consensus": None,
    }
    return ScanGradingOut(**{**usual, **changes})


def test_the_result_that_counts_is_shown_unless_another_is_asked_for() -> None:
    newest, counting = made(), made(counts=True)
    assert views.grading_of(graded(newest, counting), "", "metric").shown.id == str(counting.id)
    assert views.grading_of(graded(newest, counting), str(newest.id), "metric").shown.id == str(newest.id)
    assert views.grading_of(graded(newest, made()), "", "metric").shown.id == str(newest.id)
    assert views.grading_of(graded(), "", "metric").shown.id == ""


def test_a_run_that_failed_says_why_beside_the_result_that_stays() -> None:
    view = views.grading_of(graded(made(counts=True), last_error="The model's file is another one."), "", "metric")
    assert view.failure == "The model's file is another one."
    assert view.shown.rea == "82.4"


def test_a_result_is_told_with_its_errors() -> None:
    view = views.result_of(made(duration_ms=214, inference_sha256="ab" * 32), "metric", calibrated=True)
    assert (view.rea, view.rea_unit) == ("82.4", "±4.5 cm²")
    assert (view.backfat, view.backfat_unit) == ("9.6", "±2.0 mm")
    assert view.summary == "82.4 ±4.5 cm² · 9.6 ±2.0 mm · 0.91"
    assert view.how == "as the champion"
    assert ["Took", "214 ms"] in view.provenance
    assert ["Network", "ab" * 6] in view.provenance


def test_a_grade_is_projected_and_says_from_what() -> None:
    view = views.result_of(made(), "metric", calibrated=True)
    assert view.grade == "YG 2"
    assert view.grade_facts[0] == ["Yield grade", "2.75 ±0.31"]
    assert ["Assumes", "dressing 62 %, KPH 2.5 %"] in view.grade_facts
    assert ["Canada yield", "2 (indicative)"] in view.grade_facts
    assert view.grade_notes == ["This cross-section gives no %IMF."]
    assert view.indicative == ""


def test_an_abstention_has_a_reason_and_no_numbers() -> None:
    result = made(
        abstained=True,
        abstention_reason="no_ribeye",
        abstention_sentence="No ribeye was found in the image.",
        measures={},
        projected=None,
        contours={},
        backfat_line=None,
    )
    view = views.result_of(result, "metric", calibrated=False)
    assert (view.abstained, view.reason) == (True, "No ribeye was found in the image.")
    assert (view.rea, view.backfat, view.grade, view.uncalibrated) == ("", "", "", "")
    assert view.summary == "abstained"
    assert views.layers_of([result], result) == []


def test_without_calibration_pixels_are_shown_and_why() -> None:
    pixels = {"roi_area_px": MeasureOut(value=83_464.0, unit="px")}
    flags = [FlagOut(code="no_calibration", sentence="So only pixels."), FlagOut(code="truncated", sentence="Cut.")]
    view = views.result_of(made(measures=pixels, flags=flags, projected=None), "metric", calibrated=False)
    assert (view.rea, view.rea_unit) == ("83,464", "px")
    assert view.uncalibrated == views.UNCALIBRATED
    assert view.flags == ["Cut."]


def test_outlines_are_layers_of_their_own_colour_and_key() -> None:
    model, correction = made(), made(kind="correction", model=None, alias=None, base_iou=0.93)
    layers = views.layers_of([correction, model], correction)
    assert [(layer["name"], layer["key"]) for layer in layers] == [
        ("ribeye", "O"),
        ("correction", "P"),
        ("fat", "F"),
        ("caliper", "L"),
    ]
    assert layers[0]["of"] == str(model.id)
    assert layers[1]["of"] == str(correction.id)
    assert layers[-1]["open"] is True


def test_whoever_else_corrected_it_is_the_second_reader() -> None:
    first, second = uuid4(), uuid4()
    drawn = [made(kind="correction", model=None, created_by=author) for author in (first, first, second)]
    layers = {layer["name"]: layer["of"] for layer in views.layers_of([*drawn, made()], drawn[0])}
    assert (layers["correction"], layers["second"]) == (str(drawn[0].id), str(drawn[2].id))
    assert "second" not in {layer["name"] for layer in views.layers_of([*drawn[:2], made()], drawn[0])}


def test_the_backfat_line_says_how_long_it_is_in_the_readers_units() -> None:
    told = {units: views.layers_of([result := made()], result, units)[-1]["text"] for units in ("metric", "imperial")}
    assert re.fullmatch(r"\d+\.\d mm", told["metric"])
    assert re.fullmatch(r"\d+\.\d\d in", told["imperial"])


def test_a_trial_is_drawn_only_when_it_is_looked_at() -> None:
    trial, counting = made(accepted=False, alias="shadow"), made(counts=True)
    assert views.layers_of([trial, counting], counting)[0]["of"] == str(counting.id)
    assert views.layers_of([trial, counting], trial)[0]["of"] == str(trial.id)


def test_the_quick_key_moves_the_first_outline() -> None:
    first, second = with_quick_key(views.layers_of([result := made()], result)[:2])
    assert first["key"].split() == ["O", "Space"]
    assert second["key"] == "F"
    assert with_quick_key([]) == []


def test_two_results_are_compared_by_what_one_of_them_says() -> None:
    model = views.result_of(made(reference_iou=0.88), "metric", calibrated=True)
    eye = views.result_of(
        made(
            kind="manual", model=None, created_by_name="Mara", measures={"rea_cm2": MEASURES["rea_cm2"]}, projected=None
        ),
        "metric",
        calibrated=True,
    )
    lines = {line[0]: line[1:] for line in views.compared(model, eye)}
    assert lines["Ribeye area"] == ["82.4 ±4.5 cm²", "82.4 ±4.5 cm²"]
    assert lines["Backfat"] == ["9.6 ±2.0 mm", words.DASH]
    assert lines[views.DEVICE_MASK] == ["agrees by 0.88 (IoU)", words.DASH]
    assert "Width" not in lines
    assert eye.who == "Read by eye by Mara"


@pytest.mark.parametrize(("closed", "end"), [(True, "Z"), (False, "15.0 22.5")])
def test_corners_become_a_path(*, closed: bool, end: str) -> None:
    path = views.path_of(OUTLINE, closed=closed)
    assert path.startswith("M10.0 10.0L20.0 10.0L")
    assert path.endswith(end)
    assert views.path_of(None, closed=closed) == ""


def test_a_model_that_nobody_validated_on_cattle_is_labelled() -> None:
    labelled = [
        views.result_of(made(validated_on_real_cattle=said), "metric", calibrated=True).label
        for said in (False, True, None)
    ]
    assert labelled == ["Not validated on real cattle: its card says what it was trained on.", "", ""]


def test_models_that_disagree_say_why() -> None:
    doubt = "a@1.0.0 abstained, b@1.0.0 did not."
    unsure = views.grading_of(graded(made(), consensus=ConsensusOut(models=2, reasons=(doubt,))), "", "metric")
    assert (unsure.agreement, unsure.doubts) == ("uncertain", [doubt])
    sure = views.grading_of(graded(made(), consensus=ConsensusOut(models=2, reasons=())), "", "metric")
    assert (sure.agreement, sure.doubts) == ("models agree", [])
