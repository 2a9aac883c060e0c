"""A background task as its bar says it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from backend.tasks.schemas import TaskOut
from state.exports import export_of
from state.tasks import progress_words, row_of

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


def task(**values: Any) -> TaskOut:
    usual: dict[str, Any] = {
        "id": uuid4(),
        "kind": "scans.bulk",
        "title": "Accept 1,240 scans",
        "status": "running",
        "total": 1_240,
        "done": 310,
        "failed": 0,
        "result": None,
        "error": None,
        "may_cancel": True,
        "may_undo": False,
        "undone_at": None,
        "file_name": None,
        "file_bytes": None,
        "file_expires_at": None,
        "created_by_name": None,
        "created_at": AT,
        "finished_at": None,
    }
    return TaskOut(**{**usual, **values})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "310 of 1,240"),
        ({"failed": 2}, "312 of 1,240, 2 could not be done"),
        ({"total": None}, "310"),
        ({"status": "waiting"}, "Waiting for its turn"),
        ({"status": "failed", "error": "So it is."}, "So it is."),
        ({"status": "cancelled"}, "Cancelled after 310 of 1,240"),
        ({"status": "done"}, "Done: 310"),
        ({"status": "done", "result": {"words": "310 rows"}}, "310 rows"),
    ],
)
def test_how_far_it_is_in_words(values: dict[str, Any], words: str) -> None:
    assert progress_words(task(**values)) == words


def test_a_bar_is_never_full_before_the_end() -> None:
    assert row_of(task()).percent == 25
    assert row_of(task(done=1_300)).percent == 99
    assert row_of(task(total=None)).percent == 0
    assert row_of(task(status="done", finished_at=AT)).percent == 100


def test_a_file_is_offered_while_it_is_there() -> None:
    made = task(status="done", finished_at=AT, file_name="scans.csv", file_bytes=12_000, file_expires_at=AT)
    assert row_of(made).file_words == "scans.csv, 12 kB"
    assert (export_of(made).gone, export_of(task(status="done", finished_at=AT)).gone) == (False, True)
