"""Models in words: what stands for what, how they do, and how two of them agree."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from backend.grading.schemas import ComparisonOut, DayOut, DriftOut, PairOut, PerformanceOut, PerformancesOut
from backend.registry.service import AliasChange, Model, Registry
from state import model_views as views
from state import words
from state.models import NAMES, asked_of, two_of

TODAY = datetime(2026, 3, 9, 21, 30, tzinfo=UTC)
KIND = "ribeye_ultrasound"


def model(reference: str, *aliases: str, status: str = "ready") -> Model:
    name, version = reference.split("@")
    return Model(reference, name, version, KIND, status, None, "shipped", "ab" * 32, TODAY, aliases, {}, {})


def change(alias: str, reference: str | None, share: float | None = None, reason: str | None = None) -> AliasChange:
    return AliasChange(KIND, alias, reference, share, reason, "Ada", TODAY)


def comparison(*pairs: tuple[float, float], **changes: Any) -> ComparisonOut:
    usual: dict[str, Any] = {
        "a": "a@1.0.0",
        "b": "b@1.0.0",
        "measure": "rea_cm2",
        "pairs": [PairOut(scan_id=uuid4(), a=one, b=other) for one, other in pairs],
        "n": len(pairs),
        "only_a_abstained": 1,
        "only_b_abstained": 0,
        **dict.fromkeys(("bias", "sd", "lower", "upper", "r")),
    }
    return ComparisonOut(**{**usual, **changes})


def test_a_sentence_says_what_grades() -> None:
    now = [change("champion", "a@1.0.0"), change("canary", "b@1.0.0", 0.25)]
    assert views.summary_of(Registry([], now, [])) == "a@1.0.0 grades, b@1.0.0 tries 25 % of the captures"
    assert views.summary_of(Registry([], [], [])) == "No model grades yet"


def test_every_alias_is_shown_whether_it_is_held_or_not() -> None:
    held = views.held_of(Registry([], [change("canary", "b@1.0.0", 0.1), change("shadow", None)], []))
    assert [one.alias for one in held] == ["champion", "canary", "shadow", "previous"]
    assert [one.model for one in held] == ["", "b@1.0.0", "", ""]
    assert held[1].share == "10 %"


def test_the_champion_and_what_is_not_ready_are_given_no_other_alias() -> None:
    assert not views.version_of(model("a@1.0.0", "champion")).free
    assert not views.version_of(model("a@1.1.0", status="checking")).free
    assert views.version_of(model("a@1.2.0", "shadow")).free


def test_a_change_of_the_product_itself_says_why() -> None:
    told = views.change_of(change("canary", None, reason="It abstained more often."))
    assert told.what == "Canary: none. It abstained more often."
    assert views.change_of(change("canary", "b@1.0.0", 0.1)).what == "Canary: b@1.0.0 for 10 %"


def test_days_without_runs_are_days_too() -> None:
    days = [
        DayOut(day=TODAY - timedelta(days=2), model="a@1.0.0", runs=5, abstained=0, p50_ms=200),
        DayOut(day=TODAY, model="b@1.0.0", runs=9, abstained=0, p50_ms=200),
    ]
    assert views.runs_by_day(days, "a@1.0.0", 4, TODAY) == [0, 5, 0, 0]


def test_how_a_model_does_is_told_with_counts_behind_the_rates() -> None:
    one = PerformanceOut(
        model="a@1.0.0",
        runs=200,
        abstained=8,
        failed=1,
        error_rate=1 / 201,
        abstention_rate=0.04,
        p50_ms=214,
        p95_ms=1_430,
        mean_confidence=None,
        reference_iou=0.93,
        reference_n=1_200,
        correction_iou=None,
        correction_n=0,
    )
    (told,) = views.performances_of(PerformancesOut(days=7, models=[one], by_day=[]), TODAY)
    assert (told.errors, told.abstained) == ("0.5 % (1)", "4 % (8)")
    assert (told.p50, told.p95) == ("214 ms", "1.4 s")
    assert (told.reference, told.correction, told.confidence) == ("0.93 on 1,200", words.DASH, words.DASH)


def test_drift_fills_its_bar_at_twice_what_is_called_drifted() -> None:
    one = DriftOut(
        device_id=uuid4(),
        device_code="dev-1",
        earlier_n=100,
        recent_n=40,
        brightness_psi=0.25,
        contrast_psi=None,
        level="drifted",
    )
    told = views.drift_of(one)
    assert (told.brightness, told.brightness_width) == ("0.25", "50%")
    assert (told.contrast, told.contrast_width) == (words.DASH, "0%")


def test_a_comparison_states_bias_and_limits_with_their_sign() -> None:
    found = comparison((60, 61), (80, 78), (90, 91), bias=-0.5, sd=1.5, lower=-3.44, upper=2.44, r=0.998)
    view = views.comparison_of(found)
    facts = dict(view.facts)
    assert facts["Bias, second less first"] == f"{words.MINUS}0.50 cm²"
    assert facts["95 % of differences"] == f"{words.MINUS}3.44 to +2.44 cm²"
    assert [line.kind for line in view.differences.lines] == ["bias", "limit", "limit"]
    assert view.scatter.words == "Ribeye area of 3 scans: b@1.0.0 against a@1.0.0"


def test_no_common_scan_draws_nothing() -> None:
    view = views.comparison_of(comparison())
    assert (view.n, view.scatter.dots) == (0, "")
    assert dict(view.facts)["Bias, second less first"] == words.DASH


def test_the_champion_is_compared_first_and_never_with_itself() -> None:
    versions = [views.version_of(model("b@1.0.0")), views.version_of(model("a@1.0.0", "champion"))]
    nothing = asked_of(dict.fromkeys(NAMES, ""))
    assert two_of(nothing, versions) == ("a@1.0.0", "b@1.0.0")
    assert two_of({**nothing, "a": "b@1.0.0", "b": "b@1.0.0"}, versions) == ("b@1.0.0", "a@1.0.0")
    assert two_of(nothing, versions[:1]) == ("b@1.0.0", "")
    assert two_of(nothing, []) == ("", "")


def test_an_address_nobody_knows_shows_what_is_usual() -> None:
    asked = asked_of({"tab": "<script>", "days": "9999", "measure": "weight", "a": "", "b": ""})
    assert (asked["tab"], asked["days"], asked["measure"]) == ("", "30", "rea_cm2")
