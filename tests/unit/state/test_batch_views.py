"""Batches in words, and what a form narrows one by."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from backend.grading.batches import Batch, BatchFilters
from state.batch_views import batch_of, filters_of

ZONE = "Asia/Tokyo"
FARM = UUID(int=7)


def batch(**changes: object) -> Batch:
    values = {
        "id": uuid4(),
        "kind": "regrade",
        "model": None,
        "filters": {},
        "status": "running",
        "total": 40,
        "done": 9,
        "failed": 1,
        "created_by_name": "Avery Collins",
        "created_at": datetime(2026, 11, 27, tzinfo=UTC),
        "finished_at": None,
    }
    return Batch(**{**values, **changes})  # type: ignore[arg-type]


def test_progress_counts_what_failed_too() -> None:
    view = batch_of(batch(), {}, ZONE)
    assert (view.progress, view.progress_width, view.failed) == ("10 of 40", "25%", "1 failed")
    assert (view.model, view.what) == ("the model whose turn it is", "Graded again")


def test_a_batch_that_found_more_than_was_counted_never_passes_its_end() -> None:
    view = batch_of(batch(done=50, failed=0, status="done"), {}, ZONE)
    assert (view.progress, view.progress_width, view.failed, view.open) == ("50 of 50", "100%", "", False)


def test_a_batch_of_nothing_is_whole() -> None:
    assert batch_of(batch(total=0, done=0, failed=0), {}, ZONE).progress_width == "100%"


def test_only_a_paused_batch_goes_on() -> None:
    assert [
        (view.open, view.paused)
        for view in (batch_of(batch(status=word), {}, ZONE) for word in ("running", "paused", "cancelled"))
    ] == [
        (True, False),
        (True, True),
        (False, False),
    ]


def test_what_a_form_narrows_by_is_told_in_the_same_words() -> None:
    form = {"farm_id": str(FARM), "certainty": "abstained", "first_day": "2026-11-01", "last_day": "2026-11-03"}
    filters = filters_of(form, ZONE)
    assert filters["captured_from"] == datetime(2026, 10, 31, 15, tzinfo=UTC)
    assert filters["captured_to"] == datetime(2026, 11, 3, 15, tzinfo=UTC)
    document = BatchFilters(**{**filters, "farm_id": FARM}).to_document()
    told = batch_of(batch(filters=document), {str(FARM): "North Ridge"}, ZONE).narrowed
    assert told == "North Ridge, Abstained, since 2026-11-01, until 2026-11-03"


def test_what_nobody_knows_narrows_nothing() -> None:
    assert filters_of({"certainty": "certain", "first_day": "soon"}, ZONE) == {}
