"""What was read of animals, for whoever may see it: usable readings for everybody, the others for those who judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.herd import reading_repository as repository
from backend.herd.traits import Reading

OF_ONE_MOST = 500
OF_MANY_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A scan of an animal with what was read on it; None where a trait was not measured."""

    scan_id: UUID
    animal_id: UUID
    at: datetime
    review: str
    reviewed_at: datetime | None
    rea: Reading | None
    backfat: Reading | None

    @property
    def usable(self) -> bool:
        return any(reading is not None and reading.usable for reading in (self.rea, self.backfat))


@dataclass(frozen=True, slots=True)
class Followed:
    """One animal's scans, the oldest first, and when it was last scanned without a usable image."""

    seen: tuple[Seen, ...] = ()
    unusable_at: datetime | None = None

    @property
    def rea(self) -> list[Reading]:
        return [scan.rea for scan in self.seen if scan.rea is not None]

    @property
    def backfat(self) -> list[Reading]:
        return [scan.backfat for scan in self.seen if scan.backfat is not None]

    @property
    def last(self) -> Seen | None:
        """The latest usable scan."""
        return next((scan for scan in reversed(self.seen) if scan.usable), None)

    @property
    def last_is_unusable(self) -> bool:
        """Whether the latest look at the animal gave no usable image."""
        last = self.last
        return self.unusable_at is not None and (last is None or last.at < self.unusable_at)


async def follow_animals(
    uow: UnitOfWork, animal_ids: Sequence[UUID], *, most: int = OF_MANY_MOST, since: datetime | None = None
) -> dict[UUID, Followed]:
    """Readings of animals the asker may see, by animal; each of `animal_ids` is there."""
    scans: dict[UUID, list[Seen]] = {animal_id: [] for animal_id in animal_ids}
    if not scans:
        return {}
    for row in await repository.readings(uow, animal_ids, most, since):
        scans[row.animal_id].append(_seen(row))
    failed = await repository.unusable(uow, animal_ids)
    return {one: Followed(tuple(found), failed.get(one)) for one, found in scans.items()}


async def follow_animal(uow: UnitOfWork, animal_id: UUID) -> Followed:
    """The same for one animal, with its long history."""
    return (await follow_animals(uow, [animal_id], most=OF_ONE_MOST))[animal_id]


def _seen(row: Any) -> Seen:
    return Seen(
        scan_id=row.scan_id,
        animal_id=row.animal_id,
        at=row.captured_at,
        review=row.review,
        reviewed_at=row.reviewed_at,
        rea=_reading(row.captured_at, row.rea_cm2, row.rea_cm2_error, usable=row.rea_usable),
        backfat=_reading(row.captured_at, row.backfat_mm, row.backfat_mm_error, usable=row.backfat_usable),
    )


def _reading(at: datetime, value: Any, error: Any, *, usable: bool | None) -> Reading | None:
    if value is None:
        return None
    return Reading(at, float(value), float(error) if error else None, usable=bool(usable))
