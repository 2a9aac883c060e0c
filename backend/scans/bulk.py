"""One act on many scans: chosen one by one, or everything that filters find as of now.

Starting it is a person's business; the worker walks the selection in chunks, each with the asker's own rights scan by
scan. What it changed is kept beside, so that it can be taken back where nobody has changed it since.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, TypeAdapter, model_validator

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, CtiError, FieldError, Invalid
from backend.core.events import Event
from backend.core.ids import new_id
from backend.farms import service as farms
from backend.grading import service as gradings
from backend.herd import service as herd
from backend.registry import service as registry
from backend.reviews import service as reviews
from backend.reviews.rules import REVIEWS, TRAITS
from backend.scans import bulk_repository as repository
from backend.scans import listing, service
from backend.scans.doors import Act, Change, access_scans, change_all, org_of, require_admin, require_worker
from backend.scans.filters import Level, Line, Review, ScanFilters
from backend.scans.models import Scan
from backend.scans.removal import delete_scan
from backend.scans.schemas import LABEL_CHARS, REASON_CHARS, Asked, Words
from backend.scans.work import ScanNotFound
from backend.tasks import service as tasks

KIND = "scans.bulk"
IDS_MOST = 1_000
CHUNK = 100
CHANGEABLE = (
    "review",
    "rea_review",
    "backfat_review",
    "reviewed_by",
    "reviewed_at",
    "farm_id",
    "group_id",
    "animal_id",
    "label",
    "clarity",
    "usability",
)
"""Columns that bulk acts change and an undo puts back."""
CHANGED_SINCE = "Changed by somebody since."


class NothingSelected(Conflict):
    code, title = "nothing_selected", "No scan is selected"


class Selection(Asked):
    """Either `ids`, or everything that `filters` find at this moment."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=IDS_MOST)] | None = None
    filters: ScanFilters | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.ids is None) == (self.filters is None):
            raise ValueError("give either ids or filters")
        return self


class ReviewAct(Asked):
    name: Literal["review"]
    review: Review
    reason: Annotated[Words, Field(max_length=REASON_CHARS)] = ""


class AssignAct(Asked):
    name: Literal["assign"]
    farm_id: UUID | None = None
    group_id: UUID | None = None


class LinkAct(Asked):
    name: Literal["link"]
    animal_id: UUID | None = None


class EditAct(Asked):
    """What is left out stays; null clears."""

    name: Literal["edit"]
    label: Annotated[Line, Field(max_length=LABEL_CHARS)] | None = None
    clarity: Level | None = None
    usability: Level | None = None


class GradeAct(Asked):
    """Another run of each, behind every capture that arrives."""

    name: Literal["grade"]
    model: Annotated[str, Field(max_length=130)] | None = None


class DeleteAct(Asked):
    name: Literal["delete"]


BulkAct = Annotated[ReviewAct | AssignAct | LinkAct | EditAct | GradeAct | DeleteAct, Field(discriminator="name")]
ACT: TypeAdapter[BulkAct] = TypeAdapter(BulkAct)
VERBS: Mapping[Review, str] = {
    "accepted": "Accept",
    "marginal": "Call marginal",
    "rejected": "Reject",
    "unreviewed": "Take back the review of",
}


@dataclass(slots=True)
class Tally:
    """How a chunk went; `reasons` counts why scans were left as they are, in words."""

    done: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return self.reasons.total()


async def start_bulk(uow: UnitOfWork, selection: Selection, act: BulkAct) -> UUID:
    """Have the worker do `act` to every scan of the selection in the asker's name; returns the task's id.

    Raises Forbidden, NothingSelected, and what is wrong with the act's target before anything is done.
    """
    require_worker(uow.actor)
    what = await _named(uow, act)
    total = await size_of(uow, selection)
    if total == 0:
        raise NothingSelected
    number = "all matching" if total is None else f"{total:,}"
    title = f"{what} {number} {'scan' if total == 1 else 'scans'}"
    document = act.model_dump(mode="json", exclude_unset=True)
    params = {"selection": selection.model_dump(mode="json", exclude_none=True), "act": document, "as_of": utc_now()}
    return await tasks.start_task(uow, KIND, params, title=title, total=total)


async def size_of(uow: UnitOfWork, selection: Selection) -> int | None:
    """How many scans a selection has; an estimate past 10,000, None where statistics say nothing."""
    if selection.filters is None:
        return len(set(selection.ids or ()))
    counted = await service.count_scans(uow, selection.filters)
    return counted.about if counted.more else counted.n


async def _named(uow: UnitOfWork, act: BulkAct) -> str:  # noqa: PLR0911 (one answer an act)
    """The act in words for its title; raises what is wrong with its target."""
    match act:
        case ReviewAct(review=review):
            return VERBS[review]
        case AssignAct(farm_id=farm_id, group_id=group_id):
            return await _place(uow, farm_id, group_id)
        case LinkAct(animal_id=None):
            return "Unlink the animal of"
        case LinkAct(animal_id=UUID() as animal_id):
            return f"Link {(await herd.get_animal(uow, animal_id)).tag_id} to"
        case EditAct():
            return _edited(act)
        case GradeAct(model=model):
            if model is not None:
                await registry.find_ready(uow, model)
            return f"Grade{f' by {model}' if model else ''}"
        case _:
            require_admin(uow.actor)
            return "Delete"


async def _place(uow: UnitOfWork, farm_id: UUID | None, group_id: UUID | None) -> str:
    farm = None if farm_id is None else (await farms.get_farm(uow, farm_id)).name
    group = None if group_id is None else (await herd.get_group(uow, group_id)).name
    where = " · ".join(name for name in (farm, group) if name)
    return f"Move to {where}:" if where else "Take off every farm:"


def _edited(act: EditAct) -> str:
    names = sorted(act.model_fields_set - {"name"})
    if not names:
        raise Invalid(errors=[FieldError(path="act", message="must change the label, the clarity or the usability")])
    return f"Change {' and '.join(names)} of"


async def next_chunk(
    uow: UnitOfWork, selection: Selection, cursor: Mapping[str, Any] | None, size: int = CHUNK
) -> tuple[list[UUID], dict[str, Any] | None]:
    """The next scans of the selection, as the asker sees it, and where to go on; None at its end."""
    if selection.filters is None:
        ids = sorted(set(selection.ids or ()))
        begin = int((cursor or {}).get("at", 0))
        end = begin + size
        return ids[begin:end], {"at": end} if end < len(ids) else None
    filters = selection.filters.model_copy(update={"sort": "-captured_at"})
    page = await listing.page(uow, filters, (cursor or {}).get("after"), size)
    return page.items, None if page.next_cursor is None else {"after": page.next_cursor}


async def act_on(uow: UnitOfWork, task_id: UUID, act: BulkAct, ids: Sequence[UUID], as_of: datetime) -> Tally:
    """Do the act to each of `ids` that was there `as_of`; what cannot be done to one keeps nobody else from it."""
    tally, org_id = Tally(), org_of(uow.actor)
    before = await repository.snapshot(uow, org_id, ids, CHANGEABLE, as_of)
    there = [one for one in ids if one in before]
    if isinstance(act, ReviewAct):
        tally.done = await _review(uow, there, act)
    else:
        await _each(uow, there, act, tally)
    after = await repository.snapshot(uow, org_id, list(before), CHANGEABLE, as_of)
    await repository.keep(uow, _changes(org_id, task_id, before, after))
    _tell_once(uow)
    return tally


async def _review(uow: UnitOfWork, ids: Sequence[UUID], act: ReviewAct) -> int:
    """Judge those the asker may see, all in one go: what is done most, and to the most scans."""
    scans = await access_scans(uow, ids)
    return len(await reviews.judge_all(uow, scans, dict.fromkeys(TRAITS, act.review), note=act.reason))


async def _each(uow: UnitOfWork, ids: Sequence[UUID], act: BulkAct, tally: Tally) -> None:
    for scan_id in ids:
        try:
            await _do(uow, scan_id, act)
        except CtiError as error:
            tally.reasons[error.detail] += 1
        else:
            tally.done += 1


async def _do(uow: UnitOfWork, scan_id: UUID, act: BulkAct) -> None:
    match act:
        case AssignAct(farm_id=farm_id, group_id=group_id):
            await service.assign_scan(uow, scan_id, farm_id, group_id)
        case LinkAct(animal_id=animal_id):
            await service.link_animal(uow, scan_id, animal_id)
        case EditAct():
            await service.update_scan(uow, scan_id, act.model_dump(exclude_unset=True, exclude={"name"}))
        case GradeAct(model=model):
            await gradings.request_later(uow, scan_id, model)
        case _:
            await delete_scan(uow, scan_id)


Snapshot = Mapping[UUID, Mapping[str, Any]]


def _changes(org_id: UUID, task_id: UUID, before: Snapshot, after: Snapshot) -> Iterator[dict[str, Any]]:
    """A row for each scan whose columns changed: as they were, as they are."""
    for scan_id, was in before.items():
        names = [name for name in was if scan_id in after and after[scan_id][name] != was[name]]
        if names:
            yield {
                "id": new_id(),
                "org_id": org_id,
                "task_id": task_id,
                "scan_id": scan_id,
                "before": audit.plain({name: was[name] for name in names}),
                "after": audit.plain({name: after[scan_id][name] for name in names}),
            }


def _tell_once(uow: UnitOfWork) -> None:
    """One hint for each farm and kind of event instead of one a scan: pages read their rows again anyway."""
    kept: dict[tuple[object, ...], Event] = {}
    for event in uow.events:
        review = (event.data.get("review"), event.data.get("review_before")) if event.topic.startswith("scan.") else ()
        kept[(event.topic, event.farm_id, event.operator_id, event.user_id, review)] = event
    uow.events[:] = kept.values()


async def next_changes(uow: UnitOfWork, task_id: UUID, after: UUID | None) -> list[repository.Change]:
    """What a bulk act changed, in chunks, in the order it was done."""
    return await repository.changes(uow, org_of(uow.actor), task_id, after, CHUNK)


async def take_back(uow: UnitOfWork, changes: Sequence[repository.Change]) -> Tally:
    """Put columns back as they were, on scans where they still are as the act left them."""
    require_worker(uow.actor)
    tally = Tally()
    scans = {scan.id: scan for scan in await access_scans(uow, [one.scan_id for one in changes])}
    back: list[Change] = []
    for one in changes:
        scan = scans.get(one.scan_id)
        if scan is None:
            tally.reasons[ScanNotFound().detail] += 1
        elif audit.plain({name: getattr(scan, name) for name in one.after}) != one.after:
            tally.reasons[CHANGED_SINCE] += 1
        else:
            back.append(_reversed(scan, one))
    judged = [(one.scan, [trait for trait in TRAITS if REVIEWS[trait] in one.values]) for one in back]
    await reviews.forget_newest(uow, judged)
    await change_all(uow, back)
    tally.done = len(back)
    _tell_once(uow)
    return tally


def _reversed(scan: Scan, one: repository.Change) -> Change:
    values = {name: repository.typed(name, value) for name, value in one.before.items()}
    return Change(scan, values, Act("bulk_undone", "scan.bulk_undone", {"changed": sorted(values)}))
