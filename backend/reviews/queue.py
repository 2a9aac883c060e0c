"""The readers' queue: one image after another, the oldest session first and each session in chute order.

A session is what one device captured on one farm in one local day. Images others hold are passed over; with all of
them held, they are offered all the same, because a hold is a hint.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.reviews import queue_repository as repository
from backend.reviews.queue_repository import Narrowed
from backend.scans import holds
from backend.scans.doors import org_of, require_worker
from backend.scans.work import ScanNotFound

BATCH = 12
"""How many images of a session are looked at for free ones at a time."""
SESSIONS_MOST = 4
PACE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What a reader wants to be shown. `day` is a day where the images were made, `zone` the zone it is read in."""

    farm_id: UUID | None = None
    device_id: UUID | None = None
    day: date | None = None
    zone: str = "UTC"
    second: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """A person's images of the last minutes, and how many a minute that is."""

    name: str
    images: int
    a_minute: float
    mine: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A scanning day of one device on one farm, and how far it is judged."""

    farm: str
    device: str
    day: date
    total: int
    judged: int
    second: int
    paces: list[Pace]


async def upcoming(uow: UnitOfWork, asked: QueueFilters, without: Collection[UUID], most: int) -> list[UUID]:
    """The next images of the queue that nobody else holds, in order; `without` are not offered. Raises Forbidden."""
    require_worker(uow.actor)
    wanted, passed = _narrowed(uow, asked), set(without)
    free: list[UUID] = []
    held: list[UUID] = []
    for _ in range(SESSIONS_MOST):
        place = await repository.oldest(uow, wanted, passed)
        if place is None:
            break
        found = await repository.session(uow, await _day_of(uow, wanted, place), place, passed, BATCH)
        others = await holds.held_by_others(uow, found)
        free += [one for one in found if one not in others]
        held += others
        passed.update(found)
        if len(free) >= most:
            break
    return (free or held)[:most]


async def session_of(uow: UnitOfWork, scan_id: UUID) -> Session:
    """The session an image belongs to, how far it is, and who has judged lately. Raises Forbidden, ScanNotFound."""
    require_worker(uow.actor)
    org_id, now = org_of(uow.actor), utc_now()
    place = await repository.place_of(uow, org_id, scan_id)
    if place is None:
        raise ScanNotFound
    day, span = _local_day(place.captured_at, place.time_zone)
    found = await repository.counts(uow, org_id, place.device_id, place.farm_id, span)
    lately = await repository.paces(uow, org_id, now - timedelta(minutes=PACE_MINUTES))
    return Session(
        farm=place.farm or "",
        device=place.label or place.device_code or "",
        day=day,
        total=found.total,
        judged=found.total - found.first,
        second=found.second,
        paces=[
            Pace(name, images, _a_minute(images, began, now), reader_id == uow.actor.user_id)
            for reader_id, name, images, began in lately
        ],
    )


def _a_minute(images: int, began: datetime, now: datetime) -> float:
    """Images a minute; before a quarter of a minute has passed it would be a guess."""
    minutes = max((now - began).total_seconds() / 60, 0.25)
    return images / minutes


def _narrowed(uow: UnitOfWork, asked: QueueFilters) -> Narrowed:
    scope = uow.actor.farm_ids
    farms: Collection[UUID] | None = scope
    if asked.farm_id is not None:
        farms = [asked.farm_id] if scope is None or asked.farm_id in scope else []
    begin, end = (None, None) if asked.day is None else _span(asked.day, _zone(asked.zone))
    assert uow.actor.user_id is not None  # noqa: S101 (workers are people)
    return Narrowed(org_of(uow.actor), uow.actor.user_id, farms, asked.device_id, begin, end, asked.second)


async def _day_of(uow: UnitOfWork, wanted: Narrowed, place: Any) -> Narrowed:
    """The same, within the local day of an image."""
    found = await repository.place_of(uow, wanted.org_id, place.id)
    _, (begin, end) = _local_day(place.captured_at, None if found is None else found.time_zone)
    return Narrowed(wanted.org_id, wanted.reader_id, wanted.farms, wanted.device_id, begin, end, wanted.second)


def _local_day(at: datetime, zone_name: str | None) -> tuple[date, tuple[datetime, datetime]]:
    zone = _zone(zone_name)
    day = at.astimezone(zone).date()
    return day, _span(day, zone)


def _span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    midnights = (datetime.combine(one, time.min, zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    begin, end = midnights
    return begin, end


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
