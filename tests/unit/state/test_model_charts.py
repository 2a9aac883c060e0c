"""Charts of models day by day."""

from datetime import UTC, datetime, timedelta

from backend.grading.schemas import DayOut, PerformanceOut, PerformancesOut
from state import plots
from state.model_charts import charts_of

TODAY = datetime(2026, 11, 27, 9, tzinfo=UTC)


def day(back: int, model: str = "a@1.0.0", *, runs: int = 10, abstained: int = 4, p50_ms: float | None = 150) -> DayOut:
    return DayOut(day=TODAY - timedelta(days=back), model=model, runs=runs, abstained=abstained, p50_ms=p50_ms)


def found(*days: DayOut, models: tuple[tuple[str, int], ...] = (("a@1.0.0", 10),)) -> PerformancesOut:
    numbers = {"abstained": 0, "failed": 0, "error_rate": 0, "abstention_rate": 0, "reference_n": 0, "correction_n": 0}
    nothing = dict.fromkeys(("p50_ms", "p95_ms", "mean_confidence", "reference_iou", "correction_iou"))
    ran = [PerformanceOut.model_validate({"model": name, "runs": runs, **numbers, **nothing}) for name, runs in models]
    return PerformancesOut(days=30, models=ran, by_day=list(days))


def test_there_is_a_chart_of_runs_of_time_and_of_abstentions_with_a_line_a_model() -> None:
    two = (("a@1.0.0", 10), ("b@1.0.0", 20))
    charts = charts_of(found(day(0), day(1), day(0, "b@1.0.0"), models=two), TODAY)
    assert [chart.title for chart in charts] == ["Runs a day", "Time of a run", "Abstentions"]
    assert charts[0].legend == [["0", "b@1.0.0"], ["1", "a@1.0.0"]]
    assert [line.kind for line in charts[0].drawn.lines] == ["0", "1"]
    assert "a@1.0.0 last 40" in charts[2].drawn.words


def test_the_first_the_middle_and_the_last_day_are_named() -> None:
    (chart, *_) = charts_of(found(day(0)), TODAY)
    assert [tick.label for tick in chart.drawn.x_ticks] == ["29 Oct", "12 Nov", "27 Nov"]


def test_a_day_without_a_time_is_left_out_and_one_day_alone_is_a_dash() -> None:
    charts = charts_of(found(day(0), day(1, p50_ms=None), day(45)), TODAY)
    assert charts[0].drawn.lines[0].path.count("L") == 1
    assert charts[1].drawn.lines[0].path.endswith("h-12")


def test_nothing_is_drawn_where_nothing_ran() -> None:
    assert charts_of(found(models=(("a@1.0.0", 0),)), TODAY) == []


def test_lines_of_nothing_but_zeros_have_an_axis() -> None:
    drawn = plots.series([[(0.0, 0.0), (1.0, 0.0)], []], [(0.0, "first"), (1.0, "last")], "words")
    assert (len(drawn.lines), drawn.y_ticks[0].label) == (1, "0")
