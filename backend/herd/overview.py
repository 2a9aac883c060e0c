"""The herd at a glance, for its farmer: who is ready, who is coming, who needs a scan, and what is new.

Reckoned over the living animals in the asker's scope, up to a bound that is told where it is reached.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.farms import service as farms
from backend.farms.service import FarmRow
from backend.herd import reading_repository, target_repository
from backend.herd.growth import Forecast, forecast
from backend.herd.readings import Followed, follow_animals
from backend.herd.standing import Standing, State, stand
from backend.herd.targets import Targets, read_targets

ANIMALS_MOST: Final = 3_000
LOOK_BACK: Final = timedelta(days=400)
VISIT_ENDS: Final = timedelta(minutes=30)
"""Somebody who comes back within this has not been away."""


@dataclass(frozen=True, slots=True)
class HerdAnimal:
    """An animal of the herd and how it stands."""

    id: UUID
    tag_id: str
    farm_id: UUID | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class News:
    """What came since the last visit: usable scans, of how many animals, and who became ready."""

    since: datetime
    scans: int
    animals: int
    ready: list[HerdAnimal]


@dataclass(frozen=True, slots=True)
class Session:
    """The latest day somebody scanned: where, and how many animals got a usable image."""

    at: datetime
    farm: FarmRow | None
    animals: int


@dataclass(frozen=True, slots=True)
class Overview:
    """`animals` by tag; `more`: there are others beyond the bound. No `news` on the first visit."""

    animals: list[HerdAnimal]
    more: bool
    news: News | None
    session: Session | None

    def of(self, state: State) -> list[HerdAnimal]:
        """Those in one state: the coming ones by days, the others by tag."""
        found = [animal for animal in self.animals if animal.standing.state == state]
        return sorted(found, key=lambda animal: animal.standing.days or 0) if state == "coming" else found


async def herd_overview(uow: UnitOfWork, since: datetime | None) -> Overview:
    """How the asker's herd stands; `since` is their last visit."""
    rows = await reading_repository.active_animals(uow, ANIMALS_MOST + 1)
    now, kept = utc_now(), rows[:ANIMALS_MOST]
    followed = await follow_animals(uow, [row.id for row in kept], since=now - LOOK_BACK)
    targets = await read_targets(uow)
    animals = await asyncio.to_thread(_stand_all, kept, followed, targets, now)
    news = None if since is None else _news(animals, followed, since)
    known = {farm.id: farm for farm in await farms.list_farms(uow)}
    return Overview(animals, len(rows) > ANIMALS_MOST, news, _session(animals, known))


async def note_visit(uow: UnitOfWork) -> datetime | None:
    """Note that the asker looks at the herd; returns when they last did, None where this is the first time."""
    now, known = utc_now(), await target_repository.visit(uow)
    if known is None:
        person = {"id": new_id(), "org_id": uow.actor.org_id, "user_id": uow.actor.user_id}
        target_repository.add_visit(uow, {**person, "seen_at": now})
        return None
    if now - known.seen_at > VISIT_ENDS:
        known.before_at = known.seen_at
    known.seen_at = now
    return known.before_at


def _stand_all(
    rows: Sequence[Any], followed: Mapping[UUID, Followed], targets: Targets, now: datetime
) -> list[HerdAnimal]:
    return [
        HerdAnimal(row.id, row.tag_id, row.farm_id, stand(followed[row.id], targets.of(row.farm_id, row.group_id), now))
        for row in rows
    ]


def _news(animals: Sequence[HerdAnimal], followed: Mapping[UUID, Followed], since: datetime) -> News:
    fresh = [scan for one in followed.values() for scan in one.seen if scan.usable and _newer(scan.reviewed_at, since)]
    ready = [one for one in animals if one.standing.state == "ready" and not _was_ready(one, followed[one.id], since)]
    return News(since, len(fresh), len({scan.animal_id for scan in fresh}), ready)


def _newer(at: datetime | None, since: datetime) -> bool:
    return at is not None and at > since


def _was_ready(animal: HerdAnimal, followed: Followed, since: datetime) -> bool:
    """Whether it could be seen to be ready at the last visit, by what was known then."""
    known = {scan.at for scan in followed.seen if not _newer(scan.reviewed_at, since)}
    readings = [reading for reading in followed.backfat if reading.at in known]
    then = forecast(readings, animal.standing.target.backfat_mm, since)
    return isinstance(then, Forecast) and then.ready


def _session(animals: Sequence[HerdAnimal], known: Mapping[UUID, FarmRow]) -> Session | None:
    seen = [(one.standing.scanned_at, one) for one in animals if one.standing.scanned_at is not None]
    if not seen:
        return None
    at, last = max(seen, key=lambda pair: pair[0])
    same = [one for when, one in seen if one.farm_id == last.farm_id and at - when < timedelta(hours=18)]
    return Session(at, known.get(last.farm_id) if last.farm_id else None, len(same))
