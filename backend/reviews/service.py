"""Judging the traits of an image: first readings, second ones on what is marginal, and taking a judgement back.

Every judgement is kept as readings beside the scan, which holds only what came of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, Forbidden, NotFound
from backend.core.ids import new_id
from backend.reviews import repository
from backend.reviews.judgement import Judgement, Opened, clear, own_word, settle, told_of
from backend.reviews.models import ScanReading
from backend.reviews.rules import COLUMNS, REVIEWS, TRAITS, Reason, Standing, Trait, review_of
from backend.reviews.schemas import ReadingOut
from backend.reviews.telling import tell_people
from backend.scans import repository as scan_repository
from backend.scans.doors import Act, Change, access_scan, change, change_all, org_of, require_worker
from backend.scans.models import Scan
from backend.scans.work import ScanNotFound


class ReadingNotFound(NotFound):
    title = "The scan has no such reading of yours"


class JudgedSince(Conflict):
    code, title = "judged_since", "Somebody has judged the image since"


def awaited_of(scan: Any, readings: Sequence[ScanReading], trait: Trait, reader_id: UUID | None) -> ScanReading | None:
    """The marginal first reading that a second one by this reader would answer; none where it was their own."""
    if getattr(scan, REVIEWS[trait]) != "marginal":
        return None
    firsts = [one for one in readings if one.trait == trait and one.kind == "first"]
    return firsts[-1] if firsts and firsts[-1].reader_id != reader_id else None


@dataclass(frozen=True, slots=True)
class Reading:
    """How an image lies before a reader: each trait as it stands, those to judge, and which result to look at.

    `second` are the traits of which this would be the second reading; the first one's numbers are not shown then.
    """

    standings: dict[Trait, Standing]
    asked: frozenset[Trait]
    second: frozenset[Trait]
    result_id: UUID | None


async def reading_of(uow: UnitOfWork, scan_id: UUID) -> Reading:
    """What the asker would judge of an image. Raises Forbidden, ScanNotFound."""
    require_worker(uow.actor)
    org_id = org_of(uow.actor)
    scan: Any = await scan_repository.detail(uow, org_id, scan_id)
    if scan is None:
        raise ScanNotFound
    readings = await repository.standing(uow, org_id, scan_id)
    standings: dict[Trait, Standing] = {trait: getattr(scan, REVIEWS[trait]) for trait in TRAITS}
    second = frozenset(trait for trait in TRAITS if awaited_of(scan, readings, trait, uow.actor.user_id) is not None)
    shown = await repository.result_before(uow, org_id, scan_id, _reader(uow)) if second else None
    return Reading(
        standings=standings,
        asked=second or frozenset(TRAITS),
        second=second,
        result_id=(None if shown is None else shown.id) if second else scan.result_id,
    )


async def judge(
    uow: UnitOfWork,
    scan_id: UUID,
    verdicts: Mapping[Trait, Standing],
    *,
    reasons: Sequence[Reason] = (),
    note: str = "",
    version: str | None = None,
) -> Judgement:
    """Judge traits of an image; `unreviewed` takes back what was said of one.

    On a trait that another reader called marginal it is the second reading, and the laboratory's rule decides. The same
    verdict again changes nothing; from another reader it is kept as a repeat. Raises Forbidden, ScanNotFound,
    ScanChanged.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id, version=version)
    (done,) = await judge_all(uow, [scan], verdicts, reasons=reasons, note=note)
    return done


async def judge_or_take_back(uow: UnitOfWork, scan_id: UUID, traits: Sequence[Trait], verdict: Standing) -> Judgement:
    """Judge traits alike; the asker's own word on all of them given again takes it back.

    Raises Forbidden, ScanNotFound.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    readings = (await _standing(uow, [scan]))[scan_id]
    again = own_word(scan, readings, traits, verdict, _reader(uow))
    (done,) = await judge_all(uow, [scan], dict.fromkeys(traits, "unreviewed" if again else verdict))
    return done


async def judge_all(
    uow: UnitOfWork,
    scans: Sequence[Scan],
    verdicts: Mapping[Trait, Standing],
    *,
    reasons: Sequence[Reason] = (),
    note: str = "",
) -> list[Judgement]:
    """Judge traits of many locked scans alike, each as `judge` does, written together. Raises Forbidden."""
    require_worker(uow.actor)
    readings = await _standing(uow, scans)
    opened = [Opened(scan, readings[scan.id]) for scan in scans]
    for one in opened:
        for trait, wanted in verdicts.items():
            if wanted == "unreviewed":
                clear(one, trait)
            else:
                await _read(uow, one, trait, wanted, reasons)
    await _write(uow, opened, lambda one: told_of(one, verdicts, reasons, note))
    return [Judgement([reading.id for reading in one.added], one.standings, one.decisions) for one in opened]


async def _standing(uow: UnitOfWork, scans: Sequence[Scan]) -> dict[UUID, list[ScanReading]]:
    """The standing readings of each scan, the oldest first."""
    found: dict[UUID, list[ScanReading]] = {scan.id: [] for scan in scans}
    for reading in await repository.standing_of(uow, org_of(uow.actor), list(found)):
        found[reading.scan_id].append(reading)
    return found


async def _read(uow: UnitOfWork, opened: Opened, trait: Trait, wanted: Any, reasons: Sequence[Reason]) -> None:
    """Add one reading, unless it says again what its reader has said already."""
    scan, latest = opened.scan, opened.latest(trait)
    reading = _blank(uow, opened, trait, wanted, reasons)
    first = awaited_of(scan, opened.readings, trait, uow.actor.user_id)
    await _take_number(uow, scan, reading, blind=first is not None)
    if first is not None:
        opened.values[REVIEWS[trait]] = settle(opened, trait, first, reading)
    elif wanted != opened.standing(trait):
        opened.values[REVIEWS[trait]] = wanted
    elif latest is not None and latest.reader_id != uow.actor.user_id:
        reading.kind = "repeat"
    elif latest is None or sorted(latest.reasons) == sorted(reading.reasons):
        return
    opened.added.append(reading)


def _reader(uow: UnitOfWork) -> UUID:
    """Readers are people; the product itself judges nothing."""
    if uow.actor.user_id is None:
        raise Forbidden("Only a person judges an image.")
    return uow.actor.user_id


def _blank(uow: UnitOfWork, opened: Opened, trait: Trait, wanted: str, reasons: Sequence[Reason]) -> ScanReading:
    return ScanReading(
        id=new_id(),
        org_id=opened.scan.org_id,
        scan_id=opened.scan.id,
        judgement_id=opened.judgement_id,
        trait=trait,
        reader_id=_reader(uow),
        verdict=wanted,
        reasons=[] if wanted == "accepted" else list(dict.fromkeys(reasons)),
        review_before=opened.standing(trait),
    )


async def _take_number(uow: UnitOfWork, scan: Scan, reading: ScanReading, *, blind: bool) -> None:
    """Write down the number the reader had before them; a second reader has not seen the first one's."""
    shown: Any = scan
    if blind:
        shown = await repository.result_before(uow, scan.org_id, scan.id, reading.reader_id)
        reading.result_id = None if shown is None else shown.id
    else:
        reading.result_id = scan.result_id
    column = COLUMNS[reading.trait]  # type: ignore[index]  # the table holds no other trait
    setattr(reading, column, None if shown is None else getattr(shown, column))


async def _write(uow: UnitOfWork, opened: Sequence[Opened], told: Callable[[Opened], Mapping[str, object]]) -> None:
    """Write what has changed: readings, scans, timelines; and tell those whom it concerns."""
    judged = [one for one in opened if one.added or one.values]
    uow.session.add_all(reading for one in judged for reading in one.added)
    await uow.session.flush()
    await repository.take_back(uow, org_of(uow.actor), [gone for one in judged for gone in one.taken_back])
    now = utc_now()
    await change_all(uow, [_change(uow, one, told(one), now) for one in judged])
    await tell_people(uow, ((one.scan, one.standings) for one in judged if one.values))


def _change(uow: UnitOfWork, opened: Opened, told: Mapping[str, object], now: datetime) -> Change:
    """What a judgement makes of the scan's row; a mere repeat leaves it as it is."""
    if not opened.values and all(one.kind == "repeat" for one in opened.added):
        return Change(opened.scan, {}, Act("read_again", "scan.read_again", told))
    by: dict[str, Any] = {"reviewed_by": None, "reviewed_at": None}
    if any(standing != "unreviewed" for standing in opened.standings.values()):
        by = {"reviewed_by": uow.actor.user_id, "reviewed_at": now}
    values = {"review": review_of(opened.standings), **opened.values, **by}
    return Change(opened.scan, values, Act("reviewed", "scan.reviewed", told))


async def take_back(uow: UnitOfWork, scan_id: UUID, reading_id: UUID) -> None:
    """Take back what the asker said with this reading, all of it; each trait returns to how it stood before.

    Raises Forbidden, ScanNotFound, ReadingNotFound for another's reading, JudgedSince.
    """
    require_worker(uow.actor)
    scan = await access_scan(uow, scan_id)
    opened = Opened(scan, await repository.standing(uow, scan.org_id, scan.id))
    named = next((one for one in opened.readings if one.id == reading_id), None)
    if named is None or named.reader_id != uow.actor.user_id:
        raise ReadingNotFound
    mine = [one for one in opened.readings if one.judgement_id == named.judgement_id]
    for reading in mine:
        trait: Any = reading.trait
        if opened.latest(trait) is not reading:
            raise JudgedSince("It cannot be taken back any more.")
        if reading.kind != "repeat":
            opened.values[REVIEWS[trait]] = reading.review_before
    await repository.take_back(uow, scan.org_id, [one.id for one in mine])
    now = opened.standings
    told: dict[str, object] = {"review": review_of(now), "before": scan.review}
    told |= {trait: now[trait] for trait in TRAITS}
    rest = [one for one in opened.readings if one not in mine]
    by = {"reviewed_by": rest[-1].reader_id, "reviewed_at": rest[-1].created_at} if rest else _nobody(now)
    values = {"review": told["review"], **opened.values, **by}
    await change(uow, scan, values, Act("taken_back", "scan.taken_back", told))


async def forget_newest(uow: UnitOfWork, judged: Sequence[tuple[Scan, Iterable[Trait]]]) -> None:
    """Take back the newest reading of these traits of each scan where it is of whom the scan names as its reviewer.

    What the scans say is the caller's.
    """
    readings, gone = await _standing(uow, [scan for scan, _ in judged]), []
    for scan, traits in judged:
        newest = {one.trait: one for one in readings[scan.id]}
        known = [newest[trait] for trait in traits if trait in newest]
        gone += [one.id for one in known if one.reader_id == scan.reviewed_by]
    await repository.take_back(uow, org_of(uow.actor), gone)


def _nobody(now: Mapping[Trait, Standing]) -> dict[str, Any]:
    """A scan that nobody has judged names nobody; one judged before readings were kept still names who did."""
    return {"reviewed_by": None, "reviewed_at": None} if set(now.values()) == {"unreviewed"} else {}


async def list_readings(uow: UnitOfWork, scan_id: UUID) -> list[ReadingOut]:
    """The readings of a scan, the oldest first, without those that await the asker's own second reading.

    Raises Forbidden, ScanNotFound.
    """
    require_worker(uow.actor)
    org_id = org_of(uow.actor)
    scan = await scan_repository.detail(uow, org_id, scan_id)
    if scan is None:
        raise ScanNotFound
    rows = await repository.history(uow, org_id, scan_id)
    readings = [ReadingOut.model_validate(row) for row in rows]
    return [one for one in readings if not _awaits(scan, one, uow.actor.user_id)]


def _awaits(scan: Any, reading: ReadingOut, asker_id: UUID | None) -> bool:
    """Tell whether a reading has to stay hidden until the asker has given the second one."""
    open_trait = getattr(scan, REVIEWS[reading.trait]) == "marginal"
    return open_trait and reading.reader_id != asker_id and reading.taken_back_at is None
