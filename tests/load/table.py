"""The speed table: what a benchmark returns, and how it is printed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HEADINGS = ("what", "measured", "limit", "", "note")


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One line of the table. `measured` and `limit` are in `unit`; `ok` says whether the limit was kept."""

    name: str
    measured: float
    limit: float
    unit: str
    ok: bool
    note: str = ""


def at_most(name: str, measured: float, limit: float, unit: str, note: str = "") -> BenchRow:
    """A row whose measured value should not be above the limit."""
    return BenchRow(name, measured, limit, unit, measured <= limit, note)


def at_least(name: str, measured: float, limit: float, unit: str, note: str = "") -> BenchRow:
    """A row whose measured value should not be below the limit."""
    return BenchRow(name, measured, limit, unit, measured >= limit, note)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def as_markdown(rows: Iterable[BenchRow]) -> str:
    """The table as Markdown."""
    return "\n".join(_lines(rows)) + "\n"


def _lines(rows: Iterable[BenchRow]) -> Iterator[str]:
    yield "| " + " | ".join(HEADINGS) + " |"
    yield "|" + " --- |" * len(HEADINGS)
    for row in rows:
        verdict = "✓" if row.ok else "✗"
        yield f"| {row.name} | {row.measured:g} {row.unit} | {row.limit:g} {row.unit} | {verdict} | {row.note} |"
