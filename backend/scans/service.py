"""Scans, for whoever may see them: lists, totals, one in full, and what people do to one.

Lists are found in `listing`, single scans through `doors`; the worker's side is in `work`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from backend.core.paging import DEFAULT_LIMIT
from backend.core.runtime import runtime
from backend.farms import service as farms
from backend.grading import service as grading
from backend.herd import service as herd
from backend.reviews import disclosure
from backend.reviews import service as reviews
from backend.reviews.rules import TRAITS, Trait
from backend.scans import listing, repository
from backend.scans.doors import Act, ScanChanged, access_scan, change, org_of, require_worker
from backend.scans.filters import Review, ScanFilters
from backend.scans.mentions import Mentionable, mentionable, tell_mentioned
from backend.scans.removal import delete_scan
from backend.scans.schemas import (
    GradingRow,
    MaskKind,
    Position,
    ScanDetail,
    ScanFile,
    ScanPage,
    ScanRow,
    TimelineEntry,
)
from backend.scans.work import NotFailed, ScanNotFound, retry_scan

__all__ = [
    "AnimalElsewhere",
    "Count",
    "NoMask",
    "NotFailed",
    "ScanChanged",
    "ScanNotFound",
    "Totals",
    "add_note",
    "assign_scan",
    "count_scans",
    "delete_scan",
    "get_image",
    "get_scan",
    "link_animal",
    "list_scans",
    "mask_url",
    "people_of",
    "retry_scan",
    "review_scan",
    "rows_of_scans",
    "scan_totals",
    "session_began",
    "update_scan",
]

COUNT_MOST = 10_000
SESSION_GAP = timedelta(hours=3)
SESSION_MOST = 2_000
"""Captures looked at to find where a session began; nobody scans more animals in one go."""
MASK_ROLES: Mapping[MaskKind, str] = {"ribeye": "mask", "backfat": "backfat_line"}
EDITABLE = frozenset({"label", "clarity", "usability"})


class NoMask(NotFound):
    title = "The scan has no such mask"


class AnimalElsewhere(Conflict):
    code, title = "animal_elsewhere", "The animal belongs to another farm"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of scans; `more`: there are at least that many, and `about` is what statistics make of it."""

    n: int
    more: bool
    about: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Scans in the asker's farms by status and by review, without counting them."""

    total: int
    by_status: dict[str, int]
    by_review: dict[str, int]
    unreviewed_graded: int


async def list_scans(
    uow: UnitOfWork, filters: ScanFilters, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> ScanPage:
    """One page of what the asker may see. Raises BadCursor, and Invalid for an order the asker may not ask for."""
    found = await listing.page(uow, filters, cursor, limit)
    return ScanPage(
        items=await rows_of_scans(uow, found.items), next_cursor=found.next_cursor, prev_cursor=found.prev_cursor
    )


async def rows_of_scans(uow: UnitOfWork, ids: Sequence[UUID]) -> list[ScanRow]:
    """The scans in the order of their ids; one that went meanwhile is left out."""
    if not ids:
        return []
    found = {row.id: row for row in await repository.rows(uow, org_of(uow.actor), ids)}
    shown = [found[one] for one in ids if one in found]
    urls = await asyncio.gather(*(_url(row.thumb_key) for row in shown))
    return [ScanRow(**_disclosed(uow, row), thumb_url=url) for row, url in zip(shown, urls, strict=True)]


def _disclosed(uow: UnitOfWork, row: Any) -> dict[str, Any]:
    """The columns of a scan as the asker may see them."""
    return disclosure.shown_row(row._mapping, disclosure.hidden_traits(uow.actor, row))  # noqa: SLF001 (a row's public way to its names)


async def _url(key: str | None) -> str | None:
    opened = runtime()
    return None if key is None else await opened.store.signed_url(key, opened.settings.signed_url_ttl_s)


async def session_began(uow: UnitOfWork) -> datetime | None:
    """When the asker's latest session began: after it no two captures lie further apart than SESSION_GAP."""
    ats = await listing.latest(uow, SESSION_MOST)
    for newer, older in pairwise(ats):
        if newer - older > SESSION_GAP:
            return newer
    return ats[-1] if ats else None


async def count_scans(uow: UnitOfWork, filters: ScanFilters) -> Count:
    """How many scans the filters find; past 10,000, or where counting would take long, at least and about so many."""
    exact = await _counted(uow, filters)
    if exact is not None:
        return Count(exact, more=False)
    n, complete = await listing.count(uow, filters, COUNT_MOST)
    if complete:
        return Count(n, more=False)
    return Count(n, more=True, about=max(n, await listing.estimate(uow, filters)))


async def _counted(uow: UnitOfWork, filters: ScanFilters) -> int | None:
    """The exact number where the totals hold it: by farm, status and review for one who sees every farm."""
    asked = filters.model_dump(exclude_none=True, exclude={"sort"})
    farmer = uow.actor.role == "farmer"
    if asked.keys() - {"status", "review", "farm_id"} or farmer or not uow.actor.sees_every_farm:
        return None
    farm_id = asked.get("farm_id")
    rows = await repository.totals(uow, org_of(uow.actor), None if farm_id is None else [farm_id])
    wanted = [row.n for row in rows if all(getattr(row, name) == asked[name] for name in asked.keys() - {"farm_id"})]
    return int(sum(wanted))


async def scan_totals(uow: UnitOfWork) -> Totals:
    """Totals of the asker's farms; a farmer's are of accepted scans."""
    scope = uow.actor.farm_ids
    rows = await repository.totals(uow, org_of(uow.actor), None if scope is None else sorted(scope))
    seen = [row for row in rows if uow.actor.role != "farmer" or row.review == "accepted"]
    return Totals(
        total=int(sum(row.n for row in seen)),
        by_status=_summed(seen, "status"),
        by_review=_summed(seen, "review"),
        unreviewed_graded=int(sum(row.n for row in seen if (row.status, row.review) == ("graded", "unreviewed"))),
    )


def _summed(rows: Sequence[Any], name: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[getattr(row, name)] = sums.get(getattr(row, name), 0) + int(row.n)
    return sums


async def get_scan(uow: UnitOfWork, scan_id: UUID, filters: ScanFilters | None = None) -> ScanDetail:
    """One scan in full, with its neighbours in the list of `filters`. Raises ScanNotFound."""
    org_id = org_of(uow.actor)
    row = await repository.detail(uow, org_id, scan_id)
    if row is None:
        raise ScanNotFound
    files = await _files(uow, org_id, scan_id)
    previous_id, next_id = await listing.neighbours(uow, filters, row) if filters else (None, None)
    by_role = {file.role: file for file in files}
    thumb = by_role.get("thumb")
    hidden = disclosure.hidden_traits(uow.actor, row)
    told = {
        "device_grading": disclosure.shown_claims(row.device_grading, hidden),
        "meta": disclosure.shown_meta(row.meta, hidden),
    }
    return ScanDetail(
        **{**_disclosed(uow, row), **told},
        version=row.updated_at.isoformat(),
        position=None if row.lat is None else Position(lat=row.lat, lon=row.lon),
        thumb_url=thumb.url if thumb else None,
        **{name: by_role.get(name) for name in ("image", "preview", "thumb", "mask", "backfat_line")},
        extras=[file for file in files if file.role == "extra"],
        events=[
            _entry(event, disclosure.shown_event(event.meta, hidden))
            for event in await repository.events(uow, org_id, scan_id)
        ],
        gradings=[_grading(one, hidden) for one in await grading.list_gradings(uow, row)],
        previous_id=previous_id,
        next_id=next_id,
    )


def _entry(event: Any, meta: dict[str, object] | None) -> TimelineEntry:
    return TimelineEntry.model_validate({**event._mapping, "meta": meta})  # noqa: SLF001 (as above)


def _grading(found: grading.Grading, hidden: frozenset[Trait]) -> GradingRow:
    shown = GradingRow.model_validate(found)
    return shown.model_copy(update={"features_used": disclosure.shown_features(shown.features_used, hidden)})


async def _files(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> list[ScanFile]:
    rows = await repository.files(uow, org_id, scan_id)
    urls = await asyncio.gather(*(_url(row.object_key) for row in rows))
    return [ScanFile(**row._mapping, url=url) for row, url in zip(rows, urls, strict=True)]  # noqa: SLF001


async def get_image(uow: UnitOfWork, scan_id: UUID) -> ScanFile | None:
    """The image alone, for who looks ahead to a scan. Raises ScanNotFound."""
    org_id = org_of(uow.actor)
    if await repository.detail(uow, org_id, scan_id) is None:
        raise ScanNotFound
    return next((file for file in await _files(uow, org_id, scan_id) if file.role == "image"), None)


async def mask_url(uow: UnitOfWork, scan_id: UUID, kind: MaskKind) -> str:
    """A signed URL of the mask the device sent. Raises ScanNotFound, NoMask."""
    org_id = org_of(uow.actor)
    if await repository.detail(uow, org_id, scan_id) is None:
        raise ScanNotFound
    keys = [row.object_key for row in await repository.files(uow, org_id, scan_id) if row.role == MASK_ROLES[kind]]
    if not keys:
        raise NoMask
    return str(await _url(keys[-1]))


async def update_scan(
    uow: UnitOfWork, scan_id: UUID, values: Mapping[str, str | None], *, version: str | None = None
) -> None:
    """Change label, clarity or usability. Raises Forbidden, ScanNotFound, ScanChanged, Invalid for other names."""
    require_worker(uow.actor)
    unknown = values.keys() - EDITABLE
    if unknown:
        raise Invalid(errors=[FieldError(path=name, message="cannot be changed here") for name in sorted(unknown)])
    scan = await access_scan(uow, scan_id, version=version)
    await change(uow, scan, values, Act("edited", "scan.updated", dict(values)))


async def review_scan(
    uow: UnitOfWork, scan_id: UUID, review: Review, reason: str = "", *, version: str | None = None
) -> None:
    """Judge both traits of the image alike. Raises Forbidden, ScanNotFound, ScanChanged."""
    await reviews.judge(uow, scan_id, dict.fromkeys(TRAITS, review), note=reason, version=version)


async def link_animal(uow: UnitOfWork, scan_id: UUID, animal_id: UUID | None) -> None:
    """Say which animal it shows, or None for none. An unassigned scan moves to the animal's farm and group.

    Raises Forbidden, ScanNotFound, AnimalNotFound, AnimalElsewhere.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    if animal_id is None:
        await change(uow, scan, {"animal_id": None}, Act("animal_unlinked", "scan.animal_unlinked", {}))
        return
    animal = await herd.get_animal(uow, animal_id)
    if scan.farm_id is not None and animal.farm_id is not None and animal.farm_id != scan.farm_id:
        raise AnimalElsewhere(f"{animal.tag_id} belongs to another farm than this scan. Move one of them first.")
    values = {
        "animal_id": animal.id,
        "farm_id": scan.farm_id or animal.farm_id,
        "group_id": scan.group_id or animal.group_id,
    }
    await change(uow, scan, values, Act("animal_linked", "scan.animal_linked", {"tag": animal.tag_id}))


async def add_note(uow: UnitOfWork, scan_id: UUID, text: str) -> None:
    """Write a note into the timeline, and tell whom it names with an @. Raises Forbidden, ScanNotFound."""
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    await change(uow, scan, {}, Act("note", "scan.noted", {"text": text}))
    await tell_mentioned(uow, scan, text)


async def people_of(uow: UnitOfWork, scan_id: UUID) -> list[Mentionable]:
    """Whom a note on the scan may name. Raises Forbidden, ScanNotFound."""
    require_worker(uow.actor)
    row = await repository.detail(uow, org_of(uow.actor), scan_id)
    if row is None:
        raise ScanNotFound
    return await mentionable(uow, org_of(uow.actor), row.farm_id, accepted=row.review == "accepted")


async def assign_scan(uow: UnitOfWork, scan_id: UUID, farm_id: UUID | None, group_id: UUID | None) -> None:
    """Move a scan to a farm and a group; a group alone brings its farm. Another farm unlinks the animal.

    Raises Forbidden for a place out of the asker's sight, ScanNotFound, FarmNotFound, GroupNotFound, Invalid.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    group = None if group_id is None else await herd.get_group(uow, group_id)
    if group is not None and farm_id is None:
        farm_id = group.farm_id
    if group is not None and group.farm_id not in {None, farm_id}:
        raise Invalid(errors=[FieldError(path="group_id", message="is a group of another farm")])
    farm = None if farm_id is None else await farms.get_farm(uow, farm_id)
    if farm is None and not uow.actor.sees_every_farm and scan.operator_id != uow.actor.user_id:
        raise Forbidden("Choose one of your farms: without a farm you would no longer see this scan.")
    values: dict[str, object] = {"farm_id": farm_id, "group_id": group_id}
    if farm_id != scan.farm_id:
        values["animal_id"] = None
    names = {"farm": farm.name if farm else None, "group": group.name if group else None}
    await change(uow, scan, values, Act("assigned", "scan.assigned", names))
