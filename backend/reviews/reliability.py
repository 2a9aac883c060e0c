"""How far readers, devices and models can be relied on: bias, spread and correlation of numbers of the same images.

Only numbers somebody drew or read count: agreeing to a model's number says nothing of how one measures. The bars are
those of the Ultrasound Guidelines Council for technicians (BIF 2018, p. 48), against a reference reader; here they are
held against the model and against other readers.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final, Literal
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.grading.drift import agreement
from backend.reviews import reliability_repository as repository
from backend.reviews.rules import Trait
from backend.scans.doors import org_of, require_worker

READINGS_MOST = 5_000
PAIRS_MOST = 2_000
LEAST = 20
"""Below this many pairs of numbers nothing is said of anybody."""
R_BAR: Final[dict[Trait, float]] = {"rea": 0.85, "backfat": 0.90}
SD_BAR: Final[dict[Trait, float]] = {"rea": 6.45, "backfat": 1.27}
Against = Literal["model", "readers", "repeat"]
Standing = Literal["too_few", "meets", "misses"]
POOL = "All readers"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two numbers of one image: `reference` is the model's, another reader's, or the reader's own earlier one."""

    reference: float
    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of somebody or something: differences of the value from the reference. None below three pairs."""

    name: str
    n: int
    bias: float | None
    sd: float | None
    lower: float | None
    upper: float | None
    r: float | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Report:
    """Readers by what they are held against, devices and models, and the pairs behind one of the readers.

    `names` are the readers the asker may ask for.
    """

    trait: Trait
    readers: dict[Against, list[Reliability]]
    devices: list[Reliability]
    models: list[Reliability]
    names: dict[UUID, str]
    chosen: str
    pairs: list[Pair]


@dataclass(frozen=True, slots=True)
class _Number:
    """A reading as it is compared."""

    scan_id: UUID
    reader: UUID
    result_id: UUID
    value: float
    at: datetime
    drawn: bool
    model_value: float | None
    model: str
    device: str


async def report(uow: UnitOfWork, trait: Trait, *, days: int, against: Against, reader: UUID | None = None) -> Report:
    """Reliability in the last days. A technician is told of themselves and of all together, never of another by name.

    `reader` is whose pairs are wanted; without one, those of all. Raises Forbidden.
    """
    require_worker(uow.actor)
    rows = await repository.readings(uow, org_of(uow.actor), trait, utc_now() - timedelta(days=days), READINGS_MOST)
    numbers = [_number(row) for row in rows]
    everybody = {row.reader_id: row.reader or "" for row in rows}
    admin = uow.actor.role == "admin"
    names = {key: name for key, name in everybody.items() if admin or key == uow.actor.user_id}
    by_way = {way: _pairs_by_reader(numbers, way) for way in WAYS}
    one = reader if reader in names else None
    pairs = _pooled(by_way[against].values()) if one is None else by_way[against].get(one, [])
    return Report(
        trait=trait,
        readers={way: _of_readers(found, names, trait) for way, found in by_way.items()},
        devices=_grouped(_against_model(numbers), lambda one: one.device, trait),
        models=_grouped(_against_model(numbers), lambda one: one.model, trait),
        names=names,
        chosen=POOL if one is None else names[one],
        pairs=sorted(pairs, key=lambda pair: pair.at)[-PAIRS_MOST:],
    )


def reliability_of(name: str, pairs: Sequence[Pair], trait: Trait) -> Reliability:
    """Bias, spread and correlation of pairs, and whether the bars are met."""
    found = agreement([pair.reference for pair in pairs], [pair.value for pair in pairs])
    if found is None:
        return Reliability(name, len(pairs), None, None, None, None, None, "too_few")
    meets = found.sd <= SD_BAR[trait] and found.r is not None and found.r >= R_BAR[trait]
    standing: Standing = "too_few" if len(pairs) < LEAST else "meets" if meets else "misses"
    return Reliability(name, len(pairs), found.bias, found.sd, found.lower, found.upper, found.r, standing)


def _number(row: Any) -> _Number:
    return _Number(
        scan_id=row.scan_id,
        reader=row.reader_id,
        result_id=row.result_id,
        value=float(row.value),
        at=row.created_at,
        drawn=row.drawn,
        model_value=None if row.model_value is None else float(row.model_value),
        model=row.model or "",
        device=row.device_label or row.device_code or "",
    )


def _against_model(numbers: Iterable[_Number]) -> list[tuple[_Number, Pair]]:
    return [
        (one, Pair(one.model_value, one.value, one.at)) for one in numbers if one.drawn and one.model_value is not None
    ]


def _by_image(numbers: Iterable[_Number]) -> Iterable[list[_Number]]:
    """The readings of each image that was read more than once, the oldest first."""
    images: dict[UUID, list[_Number]] = {}
    for one in numbers:
        images.setdefault(one.scan_id, []).append(one)
    return (sorted(found, key=lambda one: one.at) for found in images.values() if len(found) > 1)


def _model(numbers: Iterable[_Number]) -> list[tuple[UUID, Pair]]:
    return [(one.reader, pair) for one, pair in _against_model(numbers)]


def _readers(numbers: Iterable[_Number]) -> list[tuple[UUID, Pair]]:
    """Each reader against every other one of the same image, unless both took the same result's number."""
    found = []
    for image in _by_image(numbers):
        for one, other in combinations(image, 2):
            if one.reader != other.reader and one.result_id != other.result_id:
                found.append((one.reader, Pair(other.value, one.value, one.at)))
                found.append((other.reader, Pair(one.value, other.value, other.at)))
    return found


def _repeat(numbers: Iterable[_Number]) -> list[tuple[UUID, Pair]]:
    """Each reader against their own earlier reading of the same image."""
    return [
        (later.reader, Pair(one.value, later.value, later.at))
        for image in _by_image(numbers)
        for one, later in combinations(image, 2)
        if one.reader == later.reader and one.result_id != later.result_id
    ]


WAYS: Final[dict[Against, Callable[[Iterable[_Number]], list[tuple[UUID, Pair]]]]] = {
    "model": _model,
    "readers": _readers,
    "repeat": _repeat,
}


def _pairs_by_reader(numbers: Iterable[_Number], way: Against) -> dict[UUID, list[Pair]]:
    found: dict[UUID, list[Pair]] = {}
    for reader, pair in WAYS[way](numbers):
        found.setdefault(reader, []).append(pair)
    return found


def _pooled(found: Iterable[Sequence[Pair]]) -> list[Pair]:
    return [pair for pairs in found for pair in pairs]


def _of_readers(found: dict[UUID, list[Pair]], names: dict[UUID, str], trait: Trait) -> list[Reliability]:
    """All of them together first, then those who may be named."""
    known = sorted(found.keys() & names.keys(), key=lambda key: names[key])
    each = [reliability_of(names[key], found[key], trait) for key in known]
    return [reliability_of(POOL, _pooled(found.values()), trait), *each]


def _grouped(
    numbers: Sequence[tuple[_Number, Pair]], name_of: Callable[[_Number], str], trait: Trait
) -> list[Reliability]:
    groups: dict[str, list[Pair]] = {}
    for one, pair in numbers:
        groups.setdefault(name_of(one), []).append(pair)
    return [reliability_of(name, groups[name], trait) for name in sorted(groups)]
