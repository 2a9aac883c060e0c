"""Which capture shows which animal of a barn sheet: by transponder, then by tag, then by order. Pure.

The order decides only where it cannot be mistaken: between two captures whose animals are known, when as many captures
without any name lie there as animals without an image stand on the sheet between theirs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from uuid import UUID

How = Literal["rfid", "tag", "order", "person"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the sheet, in chute order."""

    id: UUID
    rfid: str | None
    tag_id: str | None


@dataclass(frozen=True, slots=True)
class Shot:
    """A capture, in capture order. `line_id` is the line it is matched with already."""

    id: UUID
    rfid: str | None
    tag_id: str | None
    line_id: UUID | None = None

    @property
    def nameless(self) -> bool:
        return self.rfid is None and self.tag_id is None


@dataclass(frozen=True, slots=True)
class Match:
    """A capture with the line it shows, and how that became known."""

    scan_id: UUID
    line_id: UUID
    how: How


def proposals(lines: Sequence[Line], shots: Sequence[Shot]) -> list[Match]:
    """What can be said of captures that are not matched yet. Several may show one animal."""
    named = list(_by_name(lines, [shot for shot in shots if shot.line_id is None]))
    lines_of = {shot.id: shot.line_id for shot in shots if shot.line_id is not None}
    lines_of |= {match.scan_id: match.line_id for match in named}
    return [*named, *_by_order(lines, shots, lines_of)]


def _by_name(lines: Sequence[Line], shots: Sequence[Shot]) -> Iterator[Match]:
    by_rfid = _once([(line.rfid, line.id) for line in lines])
    by_tag = _once([(line.tag_id and line.tag_id.casefold(), line.id) for line in lines])
    for shot in shots:
        if shot.rfid is not None and shot.rfid in by_rfid:
            yield Match(shot.id, by_rfid[shot.rfid], "rfid")
        elif shot.tag_id is not None and shot.tag_id.casefold() in by_tag:
            yield Match(shot.id, by_tag[shot.tag_id.casefold()], "tag")


def _once(pairs: Sequence[tuple[str | None, UUID]]) -> dict[str, UUID]:
    """Names that stand on the sheet exactly once."""
    counts = Counter(name for name, _ in pairs)
    return {name: line_id for name, line_id in pairs if name and counts[name] == 1}


def _by_order(lines: Sequence[Line], shots: Sequence[Shot], lines_of: dict[UUID, UUID]) -> Iterator[Match]:
    places = {line.id: place for place, line in enumerate(lines)}
    anchors = [(at, places[lines_of[shot.id]]) for at, shot in enumerate(shots) if shot.id in lines_of]
    if any(later < earlier for (_, earlier), (_, later) in pairwise(anchors)):
        return  # the animals did not come in the order of the sheet: it tells nothing
    shown = set(lines_of.values())
    ends = [(-1, -1), *anchors, (len(shots), len(lines))]
    for (shot_from, line_from), (shot_to, line_to) in pairwise(ends):
        gap = shots[shot_from + 1 : shot_to]
        missing = [line for line in lines[line_from + 1 : line_to] if line.id not in shown]
        if gap and len(gap) == len(missing) and all(shot.nameless for shot in gap):
            yield from (Match(shot.id, line.id, "order") for shot, line in zip(gap, missing, strict=True))
