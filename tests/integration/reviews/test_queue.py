"""The readers' queue: which image comes next, for whom, and how far a session is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.core.errors import Forbidden, Invalid
from backend.reviews import keys, queue
from backend.reviews import service as reviews
from backend.reviews.queue import QueueFilters
from backend.scans import holds
from tests.integration.reviews.conftest import Laboratory
from tests.support.people import Person

MORNING = datetime(2026, 9, 9, 14, tzinfo=UTC)


async def ahead(
    laboratory: Laboratory, person: Person | None = None, *, without: tuple[UUID, ...] = (), **asked: Any
) -> list[UUID]:
    found: list[UUID] = await laboratory.do(
        person or laboratory.first, lambda uow: queue.upcoming(uow, QueueFilters(**asked), without, 5)
    )
    return found


async def scans_at(laboratory: Laboratory, *minutes: int, **values: Any) -> list[UUID]:
    wanted = [{"farm_id": laboratory.farm_id, **values, "captured_at": MORNING + timedelta(minutes=m)} for m in minutes]
    return await laboratory.scans.scans(wanted)


class TestOrder:
    async def test_the_oldest_session_comes_first_and_whole_in_chute_order(self, laboratory: Laboratory) -> None:
        """Two devices scan side by side: one is read to its end before the other begins."""
        second_device = await laboratory.scans.device("chute-b", farm_id=laboratory.farm_id)
        one = await scans_at(laboratory, 0, 4, 2)
        two = await scans_at(laboratory, 1, 3, device_id=second_device)
        assert await ahead(laboratory) == [one[0], one[2], one[1], *two]

    async def test_another_day_is_another_session_by_the_farms_own_clock(self, laboratory: Laboratory) -> None:
        late = await scans_at(laboratory, 60 * 15)  # 23:00 in Edmonton: the same day there, the next in UTC
        early = await scans_at(laboratory, 0)
        zone = await laboratory.rows("SELECT time_zone FROM farms WHERE id = :id", id=laboratory.farm_id)
        assert zone == [("America/Edmonton",)]
        found = await laboratory.do(laboratory.first, lambda uow: queue.session_of(uow, early[0]))
        assert (found.day, found.total) == (date(2026, 9, 9), 2)
        assert await ahead(laboratory) == [*early, *late]

    async def test_only_what_is_graded_and_not_judged_waits(self, laboratory: Laboratory) -> None:
        await scans_at(laboratory, 0, status="ingested")
        await scans_at(laboratory, 1, review="accepted")
        half = await scans_at(laboratory, 2, rea_review="accepted")
        whole = await scans_at(laboratory, 3)
        assert await ahead(laboratory) == [*half, *whole]

    async def test_what_is_left_out_is_not_offered_again(self, laboratory: Laboratory) -> None:
        one, two = await scans_at(laboratory, 0, 1)
        assert await ahead(laboratory, without=(one,)) == [two]


class TestNarrowed:
    async def test_by_farm_device_and_day(self, laboratory: Laboratory) -> None:
        admin, other_farm = laboratory.tenant.admin, laboratory.tenant.farm_ids[1]
        device = await laboratory.scans.device("chute-b")
        here = (await scans_at(laboratory, 0))[0]
        there = (await scans_at(laboratory, 1, farm_id=other_farm))[0]
        theirs = (await scans_at(laboratory, 2, device_id=device))[0]
        tomorrow = (await scans_at(laboratory, 24 * 60))[0]
        day = {"day": date(2026, 9, 10), "zone": "America/Edmonton"}

        assert await ahead(laboratory, admin) == [here, there, theirs, tomorrow]
        assert await ahead(laboratory, admin, farm_id=other_farm) == [there]
        assert await ahead(laboratory, admin, device_id=device) == [theirs]
        assert await ahead(laboratory, admin, **day) == [tomorrow]
        assert await ahead(laboratory, farm_id=laboratory.farm_id, device_id=device) == [theirs]

    async def test_a_technician_is_shown_the_own_farms_alone(self, laboratory: Laboratory) -> None:
        other_farm = laboratory.tenant.farm_ids[1]
        await scans_at(laboratory, 0, farm_id=other_farm)
        await scans_at(laboratory, 1, farm_id=None)
        mine = await scans_at(laboratory, 2)
        assert await ahead(laboratory) == mine
        assert await ahead(laboratory, farm_id=other_farm) == []
        assert await ahead(laboratory, laboratory.stranger.admin) == []
        with pytest.raises(Forbidden):
            await ahead(laboratory, laboratory.tenant.farmer)


class TestTogether:
    async def test_two_readers_are_given_different_images(self, laboratory: Laboratory) -> None:
        one, two = await scans_at(laboratory, 0, 1)
        await laboratory.do(laboratory.second, lambda uow: holds.take(uow, one))
        assert await ahead(laboratory) == [two]
        assert await ahead(laboratory, laboratory.second) == [one, two]

    async def test_where_others_hold_everything_it_is_offered_all_the_same(self, laboratory: Laboratory) -> None:
        one = (await scans_at(laboratory, 0))[0]
        await laboratory.do(laboratory.second, lambda uow: holds.take(uow, one))
        assert await ahead(laboratory) == [one]

    async def test_a_marginal_image_waits_for_every_reader_but_the_first(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, {"rea": "marginal", "backfat": "accepted"})
        before = await laboratory.scans.scan(farm_id=laboratory.farm_id, review="marginal")

        assert await ahead(laboratory, laboratory.first, second=True) == [before]
        assert await ahead(laboratory, laboratory.second, second=True) == [scan_id, before]
        assert await ahead(laboratory, laboratory.second) == []
        shown = await laboratory.do(laboratory.second, lambda uow: reviews.reading_of(uow, scan_id))
        assert (shown.second, shown.asked) == ({"rea"}, {"rea"})
        own = await laboratory.do(laboratory.first, lambda uow: reviews.reading_of(uow, scan_id))
        assert (own.second, own.asked) == (set(), {"rea", "backfat"})

    async def test_second_readers_and_farmers_are_told_once(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        for person, verdict in (
            (laboratory.first, "marginal"),
            (laboratory.first, "accepted"),
            (laboratory.first, "marginal"),
            (laboratory.second, "accepted"),
        ):
            await laboratory.judge(person, scan_id, verdict)
        told = await laboratory.rows("SELECT user_id, type FROM notifications ORDER BY type, user_id")
        assert [tuple(row) for row in told] == [
            (laboratory.tenant.farmer.id, "results_accepted"),
            (laboratory.second.id, "second_reading"),
        ]


class TestProgress:
    async def test_a_session_says_how_far_it_is_and_who_reads_how_fast(self, laboratory: Laboratory) -> None:
        scan_ids = await scans_at(laboratory, 0, 1, 2, 3)
        await laboratory.judge(laboratory.first, scan_ids[0], "accepted")
        await laboratory.judge(laboratory.second, scan_ids[1], "marginal")
        found = await laboratory.do(laboratory.first, lambda uow: queue.session_of(uow, scan_ids[3]))
        assert (found.total, found.judged, found.second) == (4, 2, 1)
        assert [(pace.images, pace.mine) for pace in found.paces] in ([(1, True), (1, False)], [(1, False), (1, True)])
        assert all(0 < pace.a_minute <= 4 for pace in found.paces)


class TestKeys:
    async def test_a_readers_keys_are_kept_and_clashes_refused(self, laboratory: Laboratory) -> None:
        first, second = laboratory.first, laboratory.second
        await laboratory.do(first, lambda uow: keys.choose_keys(uow, {"accept": "j", "undo": "Backspace"}))
        with pytest.raises(Invalid) as caught:
            await laboratory.do(first, lambda uow: keys.choose_keys(uow, {"accept": "r"}))
        assert {one["path"] for one in caught.value.errors} == {"accept", "reject"}
        assert await laboratory.do(first, keys.keys_of) == {**keys.USUAL, "accept": "J", "undo": "Backspace"}
        assert await laboratory.do(second, keys.keys_of) == keys.USUAL
