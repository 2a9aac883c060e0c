"""Soft locks: the second to come is told by name, and nothing depends on it."""

from uuid import UUID

import httpx
from redis.asyncio import Redis

from backend.core.runtime import Runtime
from backend.scans import holds
from tests.integration.reviews.conftest import Laboratory
from tests.plugins.people import SignedIn


async def hold(browser: httpx.AsyncClient, scan_id: UUID, doing: str = "reading") -> dict[str, object]:
    answer = await browser.post(f"/api/v1/scans/{scan_id}/hold", json={"doing": doing})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_the_second_is_told_who_holds_the_scan_until_it_is_given_up(
    laboratory: Laboratory, signed_in: SignedIn
) -> None:
    scan_id = await laboratory.graded()
    one, two = await signed_in(laboratory.first), await signed_in(laboratory.tenant.admin)

    mine, told = await hold(one, scan_id, "correcting"), await hold(two, scan_id)
    assert (mine["mine"], mine["seconds_left"]) == (True, holds.HOLD_S)
    assert (told["mine"], told["holder_name"], told["doing"]) == (False, "Technician of acme.example", "correcting")

    await two.delete(f"/api/v1/scans/{scan_id}/hold")  # another's hold stays
    assert (await hold(two, scan_id))["mine"] is False
    await one.delete(f"/api/v1/scans/{scan_id}/hold")
    assert (await hold(two, scan_id))["mine"] is True
    assert (await hold(one, scan_id))["holder_name"] == "Admin of acme.example"


async def test_a_hold_that_is_not_renewed_ends_by_itself(
    laboratory: Laboratory, runtime: Runtime, signed_in: SignedIn
) -> None:
    scan_id = await laboratory.graded()
    await hold(await signed_in(laboratory.first), scan_id)
    (key,) = await runtime.redis.keys("hold:*")
    assert 0 < await runtime.redis.ttl(key) <= holds.HOLD_S


async def test_who_else_reads_is_told_for_many_scans_at_once(laboratory: Laboratory) -> None:
    mine, theirs, free = [await laboratory.graded() for _ in range(3)]
    await laboratory.do(laboratory.first, lambda uow: holds.take(uow, mine))
    await laboratory.do(laboratory.second, lambda uow: holds.take(uow, theirs))
    found = await laboratory.do(laboratory.first, lambda uow: holds.held_by_others(uow, [mine, theirs, free]))
    assert {scan_id: one.holder_name for scan_id, one in found.items()} == {theirs: "Technician of acme.example"}


async def test_without_redis_everybody_may_go_on(laboratory: Laboratory, runtime: Runtime) -> None:
    scan_id = await laboratory.graded()
    await runtime.redis.aclose()
    runtime.redis = Redis(port=1)
    taken = await laboratory.do(laboratory.first, lambda uow: holds.hold_scan(uow, scan_id))
    assert taken.mine
    assert await laboratory.do(laboratory.first, lambda uow: holds.held_by_others(uow, [scan_id])) == {}
    await laboratory.do(laboratory.first, lambda uow: holds.release_scan(uow, scan_id))
