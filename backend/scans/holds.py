"""Soft locks: who reads or corrects a scan just now, so that a second person is told by name.

A hint in Redis that ends by itself. Nothing is refused because of it, and losing Redis loses nothing: whoever asks is
then told that the scan is theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import orjson
from redis.exceptions import RedisError

from backend.core.database import UnitOfWork
from backend.core.logging import get_logger
from backend.core.runtime import runtime
from backend.scans import repository
from backend.scans.doors import org_of, require_worker
from backend.scans.work import ScanNotFound

Doing = Literal["reading", "correcting"]
HOLD_S = 60
"""A hold that is not renewed ends after this time; pages renew theirs every third of it."""

# In one step, so that two who ask at once are not both told yes: take what is free or one's own, else say whose it is.
TAKE = """
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held)['holder_id'] ~= ARGV[1] then return {held, redis.call('TTL', KEYS[1])} end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return {ARGV[2], tonumber(ARGV[3])}
"""
RELEASE = """
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held)['holder_id'] == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hold:
    """Who works on a scan, what on, and for how much longer unless renewed."""

    holder_id: UUID
    holder_name: str
    doing: Doing
    mine: bool
    seconds_left: int


async def hold_scan(uow: UnitOfWork, scan_id: UUID, doing: Doing = "reading") -> Hold:
    """Take or renew the hold on a scan; answers with the holder, who may be another. Raises Forbidden, ScanNotFound."""
    await _check(uow, scan_id)
    return await take(uow, scan_id, doing)


async def take(uow: UnitOfWork, scan_id: UUID, doing: Doing = "reading") -> Hold:
    """The same for a scan that the asker has just been shown."""
    me = uow.actor
    assert me.user_id is not None  # noqa: S101 (workers are people)
    name = me.full_name or me.email
    mine = Hold(me.user_id, name, doing, mine=True, seconds_left=HOLD_S)
    value = orjson.dumps({"holder_id": str(me.user_id), "holder_name": name, "doing": doing})
    try:
        held, left_s = await runtime().redis.eval(TAKE, 1, _key(uow, scan_id), str(me.user_id), value, HOLD_S)  # type: ignore[misc]  # typed for both clients
    except (RedisError, OSError) as error:
        log.warning("holds_unavailable", error=str(error))
        return mine
    return _read(held, me.user_id, left_s)


async def release_scan(uow: UnitOfWork, scan_id: UUID) -> None:
    """Give one's hold up; another's stays. Raises Forbidden, ScanNotFound."""
    await _check(uow, scan_id)
    await release(uow, scan_id)


async def release(uow: UnitOfWork, scan_id: UUID) -> None:
    """The same for a scan that the asker held, whether it is still there or not."""
    try:
        await runtime().redis.eval(RELEASE, 1, _key(uow, scan_id), str(uow.actor.user_id))  # type: ignore[misc]  # as above
    except (RedisError, OSError) as error:
        log.warning("holds_unavailable", error=str(error))


async def held_by_others(uow: UnitOfWork, scan_ids: Sequence[UUID]) -> dict[UUID, Hold]:
    """Which of the scans others work on."""
    if not scan_ids or uow.actor.user_id is None:
        return {}
    try:
        values = await runtime().redis.mget([_key(uow, scan_id) for scan_id in scan_ids])
    except (RedisError, OSError) as error:
        log.warning("holds_unavailable", error=str(error))
        return {}
    held = {one: _read(value, uow.actor.user_id, 0) for one, value in zip(scan_ids, values, strict=True) if value}
    return {one: hold for one, hold in held.items() if not hold.mine}


async def _check(uow: UnitOfWork, scan_id: UUID) -> None:
    require_worker(uow.actor)
    if not await repository.rows(uow, org_of(uow.actor), [scan_id]):
        raise ScanNotFound


def _key(uow: UnitOfWork, scan_id: UUID) -> str:
    return f"hold:{org_of(uow.actor)}:{scan_id}"


def _read(value: bytes, asker_id: UUID, left_s: int) -> Hold:
    found = orjson.loads(value)
    holder_id = UUID(found["holder_id"])
    return Hold(holder_id, found["holder_name"], found["doing"], mine=holder_id == asker_id, seconds_left=left_s)
