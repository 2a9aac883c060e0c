"""Batches as the page of models shows them: what is graded, how far it is, and whether it can still be stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from backend.grading.batches import Batch, BatchKind
from state import address, words
from state import grading_words as said

KINDS: Final[dict[BatchKind, str]] = {
    "regrade": "Scans that have a result",
    "backfill": "Scans without a result",
}
USUAL_MODEL = "the model whose turn it is"
NARROWED_BY: Final[tuple[str, ...]] = ("device_id", "farm_id", "graded_by", "certainty")
MOMENT = timedelta(microseconds=1)
"""A batch ends before the day after its last one."""


@dataclass
class BatchView:
    """A line of the table of batches. Texts are ready to be shown."""

    id: str
    what: str
    narrowed: str
    model: str
    status: str
    progress: str
    progress_width: str
    failed: str
    who: str
    at: str
    open: bool
    paused: bool


def batch_of(batch: Batch, names: Mapping[str, str], zone: str) -> BatchView:
    """A batch in words; `names` are those of farms and devices by their id, `zone` is the reader's."""
    finished = batch.done + batch.failed
    whole = max(batch.total, finished)
    return BatchView(
        id=str(batch.id),
        what="Graded again" if batch.kind == "regrade" else "Graded for the first time",
        narrowed=narrowed_words(batch.filters, names, zone),
        model=batch.model or USUAL_MODEL,
        status=batch.status,
        progress=f"{words.count(finished)} of {words.count(whole)}",
        progress_width=said.width(finished / whole if whole else 1.0),
        failed=f"{words.count(batch.failed)} failed" if batch.failed else "",
        who=batch.created_by_name or "",
        at=words.instant(batch.created_at),
        open=batch.status in {"running", "paused"},
        paused=batch.status == "paused",
    )


def narrowed_words(filters: Mapping[str, object], names: Mapping[str, str], zone: str) -> str:
    """`Pen 7, Abstained, since 2026-11-01`; empty where a batch is about every scan. Days are those in `zone`."""
    bands = dict(said.CERTAINTIES)
    told = [str(filters[name]) for name in NARROWED_BY if name in filters]
    told = [names.get(value) or bands.get(value) or value for value in told]
    for word, name, back in (("since", "captured_from", timedelta()), ("until", "captured_to", MOMENT)):
        if name in filters:
            at = datetime.fromisoformat(str(filters[name])) - back
            told.append(f"{word} {at.astimezone(address.zone_of(zone)).date()}")
    return ", ".join(told)


def filters_of(form: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """What a form narrows a batch by, as `BatchFilters` takes it; ids are text still. Days are those in `zone`."""
    first, last = (str(form.get(name, "")) for name in ("first_day", "last_day"))
    begin, end = address.span("", first, last, address.zone_of(zone))
    wanted: dict[str, Any] = {name: str(form.get(name, "")) for name in NARROWED_BY}
    if wanted["certainty"] not in dict(said.CERTAINTIES):
        wanted["certainty"] = ""
    return {name: value for name, value in {**wanted, "captured_from": begin, "captured_to": end}.items() if value}
