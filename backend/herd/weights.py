"""What animals weighed: one weight a day, written down by those who work with them, seen by everybody of the farm."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.herd import reading_repository, weight_repository
from backend.herd.animals import EARLIEST_BIRTH, get_animal
from backend.herd.naming import require_worker, wrong
from backend.herd.traits import Reading

LEAST_KG, MOST_KG = 10, 2000
LISTED_MOST = 500
NEAR_DAYS = 7
"""A scan weight is one of within seven days of the scan; older ones tell of a lighter animal."""
Source = Literal["person", "scale", "import", "device"]


class WeightNotFound(NotFound):
    title = "The weight was not found"


@dataclass(frozen=True, slots=True)
class WeightRow:
    """What an animal weighed on a day, by its farm's calendar."""

    id: UUID
    kg: float
    weighed_on: date
    source: Source
    recorded_by: UUID | None
    created_at: datetime


async def list_weights(uow: UnitOfWork, animal_id: UUID) -> list[WeightRow]:
    """An animal's weights, the latest first. Raises AnimalNotFound."""
    await get_animal(uow, animal_id)
    rows = await reading_repository.weights(uow, animal_id, LISTED_MOST)
    return [WeightRow(row.id, float(row.kg), *row[2:]) for row in rows]


async def weight_of_day(uow: UnitOfWork, animal_id: UUID, day: date) -> WeightRow | None:
    """What an animal weighed on a day. Raises AnimalNotFound."""
    return next((one for one in await list_weights(uow, animal_id) if one.weighed_on == day), None)


async def weight_near(uow: UnitOfWork, animal_id: UUID, at: datetime) -> float | None:
    """What an animal weighed on the day nearest to an instant; None for none within seven days.

    For whoever has come by a scan of the animal: the asker's access is the scan's.
    """
    found = await weight_repository.nearest(uow, animal_id, at, NEAR_DAYS)
    return None if found is None else float(found)


async def record_weight(
    uow: UnitOfWork, animal_id: UUID, kg: float, weighed_on: date, source: Source = "person"
) -> UUID:
    """Write down a weight; one of the same day is replaced. Raises Forbidden, AnimalNotFound, Invalid."""
    org_id = require_worker(uow)
    await get_animal(uow, animal_id)
    if not LEAST_KG <= kg <= MOST_KG:
        raise wrong("kg", f"must be from {LEAST_KG} to {MOST_KG:,}")
    tomorrow = utc_now().date() + timedelta(days=1)  # the day has begun somewhere already
    if not EARLIEST_BIRTH <= weighed_on <= tomorrow:
        raise wrong("weighed_on", f"must lie between {EARLIEST_BIRTH} and today")
    values = {"kg": Decimal(str(round(kg, 1))), "source": source, "recorded_by": uow.actor.user_id}
    place = {"id": new_id(), "org_id": org_id, "animal_id": animal_id, "weighed_on": weighed_on}
    weight_id = await weight_repository.put(uow, place, values)
    after = {"kg": kg, "weighed_on": weighed_on, "source": source}
    await audit.record(uow, "animal.weighed", "animal", animal_id, after=after)
    return weight_id


async def remove_weight(uow: UnitOfWork, animal_id: UUID, weight_id: UUID) -> None:
    """Strike out a weight. Raises Forbidden, AnimalNotFound, WeightNotFound."""
    require_worker(uow)
    await get_animal(uow, animal_id)
    gone = await weight_repository.remove(uow, animal_id, weight_id)
    if gone is None:
        raise WeightNotFound
    await audit.record(uow, "animal.weight_removed", "animal", animal_id, before={"kg": gone})


def as_readings(weights: list[WeightRow]) -> list[Reading]:
    """The same as readings of a trait, the oldest first, at noon of their day."""
    noon = time(12, tzinfo=UTC)
    return [Reading(datetime.combine(one.weighed_on, noon), one.kg) for one in reversed(weights)]
