"""Judging traits: what is kept, what follows for the image, second readings, and taking back."""

from itertools import product
from typing import get_args
from uuid import UUID, uuid4

import pytest

from backend.core.errors import Forbidden
from backend.reviews import service as reviews
from backend.reviews.rules import Standing, review_of
from backend.scans.work import ScanNotFound
from tests.integration.reviews.conftest import Laboratory

READINGS = (
    "SELECT trait, kind, verdict, reasons, rea_cm2, backfat_mm, result_id, reader_id, taken_back_at IS NOT NULL AS back"
    " FROM scan_readings WHERE scan_id = :id ORDER BY created_at, trait DESC"
)


async def readings(laboratory: Laboratory, scan_id: UUID) -> list[tuple[object, ...]]:
    return [tuple(row[:4]) for row in await laboratory.rows(READINGS, id=scan_id)]


class TestFirst:
    async def test_each_trait_is_judged_by_itself_and_the_number_kept_beside(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded("80", "9.6")
        await laboratory.judge(
            laboratory.first, scan_id, {"rea": "accepted", "backfat": "rejected"}, reasons=["shadow", "edge_cut"]
        )

        assert await laboratory.standing(scan_id) == ("accepted", "rejected", "accepted")
        assert await readings(laboratory, scan_id) == [
            ("rea", "first", "accepted", []),
            ("backfat", "first", "rejected", ["shadow", "edge_cut"]),
        ]
        rea, fat = await laboratory.rows(READINGS, id=scan_id)
        found = await laboratory.look(scan_id)
        assert (float(rea.rea_cm2), rea.backfat_mm, rea.result_id) == (80.0, None, found.result_id)
        assert (fat.rea_cm2, float(fat.backfat_mm), fat.reader_id) == (None, 9.6, laboratory.first.id)
        assert found.reviewed_by == laboratory.first.id
        (line,) = found.events
        assert line.meta == {
            "review": "accepted",
            "before": "unreviewed",
            "rea": "accepted",
            "backfat": "rejected",
            "reasons": ["shadow", "edge_cut"],
        }

    async def test_one_trait_alone_leaves_the_other_as_it_was(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, {"rea": "rejected"})
        assert await laboratory.standing(scan_id) == ("rejected", "unreviewed", "unreviewed")
        await laboratory.judge(laboratory.first, scan_id, {"backfat": "rejected"})
        assert await laboratory.standing(scan_id) == ("rejected", "rejected", "rejected")

    async def test_the_same_again_is_kept_from_another_reader_only(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, "accepted")
        again = await laboratory.judge(laboratory.first, scan_id, "accepted")
        repeat = await laboratory.judge(laboratory.second, scan_id, "accepted")

        assert (again.reading_ids, len(repeat.reading_ids)) == ([], 2)
        kinds = [kind for _, kind, _, _ in await readings(laboratory, scan_id)]
        assert kinds == ["first", "first", "repeat", "repeat"]
        found = await laboratory.look(scan_id)
        assert (found.review, found.reviewed_by) == ("accepted", laboratory.first.id)
        assert [line.event for line in found.events] == ["reviewed", "read_again"]

    async def test_a_reader_may_think_again(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        for verdict in ("marginal", "rejected"):
            await laboratory.judge(laboratory.first, scan_id, verdict)
        assert await laboratory.standing(scan_id) == ("rejected", "rejected", "rejected")
        assert {kind for _, kind, _, _ in await readings(laboratory, scan_id)} == {"first"}

    async def test_database_and_rule_derive_the_same_review(self, laboratory: Laboratory) -> None:
        """Whoever writes the traits, by whatever way."""
        pairs = list(product(get_args(Standing), repeat=2))
        scan_ids = await laboratory.scans.scans([{"rea_review": one, "backfat_review": two} for one, two in pairs])
        derived = dict(await laboratory.rows("SELECT id, review FROM scans"))
        assert {key: derived[key] for key in scan_ids} == {
            key: review_of({"rea": one, "backfat": two}) for key, (one, two) in zip(scan_ids, pairs, strict=True)
        }

    async def test_the_totals_follow(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, {"rea": "accepted", "backfat": "marginal"})
        totals = await laboratory.rows("SELECT review, sum(n)::int FROM scan_totals GROUP BY 1 HAVING sum(n) <> 0")
        assert totals == [("marginal", 1)]


class TestSecond:
    @pytest.mark.parametrize(
        ("rea_cm2", "backfat_mm", "rea", "backfat"),
        [
            ("83.2", "10.8", "accepted", "accepted"),
            ("83.3", "10.8", "rejected", "accepted"),
            ("83.2", "10.9", "accepted", "rejected"),
        ],
    )
    async def test_the_numbers_of_both_readers_decide(
        self, laboratory: Laboratory, rea_cm2: str, backfat_mm: str, rea: str, backfat: str
    ) -> None:
        scan_id = await laboratory.graded("80", "9.6")
        await laboratory.judge(laboratory.first, scan_id, "marginal", reasons=["unclear_outline"])
        await laboratory.result(scan_id, rea_cm2, backfat_mm, by=laboratory.second)

        judged = await laboratory.judge(laboratory.second, scan_id, "accepted")

        assert (judged.standings["rea"], judged.standings["backfat"]) == (rea, backfat)
        second = [row for row in await readings(laboratory, scan_id) if row[1] == "second"]
        assert [row[3] for row in second] == [
            [] if verdict == "accepted" else ["readers_differ"] for verdict in (rea, backfat)
        ]
        line = (await laboratory.look(scan_id)).events[-1]
        assert line.meta is not None
        assert line.meta["apart"] == {
            "rea_cm2": pytest.approx(float(rea_cm2) - 80),
            "backfat_mm": pytest.approx(float(backfat_mm) - 9.6),
        }

    async def test_the_second_reader_never_reads_from_the_first_ones_outline(self, laboratory: Laboratory) -> None:
        """The first reader's correction counts for the scan, but the second one looks at the model's."""
        scan_id = await laboratory.graded("80", "9.6")
        await laboratory.result(scan_id, "90", "9.6", by=laboratory.first)
        await laboratory.judge(laboratory.first, scan_id, {"rea": "marginal"})

        judged = await laboratory.judge(laboratory.second, scan_id, {"rea": "accepted"})

        assert (judged.standings["rea"], judged.decisions["rea"].apart) == ("rejected", 10)

    async def test_the_first_reader_is_never_the_second(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, "marginal")
        judged = await laboratory.judge(laboratory.first, scan_id, "accepted")
        assert judged.decisions == {}
        assert {kind for _, kind, _, _ in await readings(laboratory, scan_id)} == {"first"}

    async def test_a_second_reader_who_rejects_has_rejected(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, "marginal")
        await laboratory.judge(laboratory.second, scan_id, "rejected", reasons=["no_contact"])
        assert await laboratory.standing(scan_id) == ("rejected", "rejected", "rejected")

    async def test_readings_stay_hidden_from_who_has_yet_to_give_the_second(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, {"rea": "marginal", "backfat": "accepted"})
        before = await laboratory.do(laboratory.second, lambda uow: reviews.list_readings(uow, scan_id))
        own = await laboratory.do(laboratory.first, lambda uow: reviews.list_readings(uow, scan_id))
        await laboratory.judge(laboratory.second, scan_id, {"rea": "accepted"})
        after = await laboratory.do(laboratory.second, lambda uow: reviews.list_readings(uow, scan_id))

        assert [one.trait for one in before] == ["backfat"]
        assert sorted(one.trait for one in own) == ["backfat", "rea"]
        assert sorted((one.trait, one.kind) for one in after) == [
            ("backfat", "first"),
            ("rea", "first"),
            ("rea", "second"),
        ]


class TestTakingBack:
    async def test_each_trait_returns_to_how_it_stood(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, "marginal")
        second = await laboratory.judge(laboratory.second, scan_id, "accepted")
        assert await laboratory.standing(scan_id) == ("accepted", "accepted", "accepted")

        await laboratory.do(laboratory.second, lambda uow: reviews.take_back(uow, scan_id, second.reading_ids[0]))

        assert await laboratory.standing(scan_id) == ("marginal", "marginal", "marginal")
        found = await laboratory.look(scan_id)
        assert found.reviewed_by == laboratory.first.id
        assert found.events[-1].event == "taken_back"
        kept = await laboratory.rows(READINGS, id=scan_id)
        assert [row.back for row in kept] == [False, False, True, True]

        again = await laboratory.judge(laboratory.second, scan_id, "accepted")
        assert set(again.decisions) == {"rea", "backfat"}

    async def test_a_first_judgement_taken_back_leaves_nobody(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        judged = await laboratory.judge(laboratory.first, scan_id, "accepted")
        await laboratory.do(laboratory.first, lambda uow: reviews.take_back(uow, scan_id, judged.reading_ids[1]))
        found = await laboratory.look(scan_id)
        assert (found.review, found.reviewed_by, found.reviewed_at) == ("unreviewed", None, None)

    async def test_what_somebody_judged_since_stays(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        first = await laboratory.judge(laboratory.first, scan_id, "marginal")
        await laboratory.judge(laboratory.second, scan_id, "accepted")
        with pytest.raises(reviews.JudgedSince):
            await laboratory.do(laboratory.first, lambda uow: reviews.take_back(uow, scan_id, first.reading_ids[0]))

    async def test_nobody_takes_back_what_another_said(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        judged = await laboratory.judge(laboratory.first, scan_id, "accepted")
        for reading_id in (judged.reading_ids[0], uuid4()):
            with pytest.raises(reviews.ReadingNotFound):
                await laboratory.do(
                    laboratory.tenant.admin, lambda uow, key=reading_id: reviews.take_back(uow, scan_id, key)
                )

    async def test_unreviewed_takes_back_a_trait_whoever_judged_it(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        await laboratory.judge(laboratory.first, scan_id, "accepted")
        await laboratory.judge(laboratory.tenant.admin, scan_id, {"rea": "unreviewed"})
        assert await laboratory.standing(scan_id) == ("unreviewed", "accepted", "accepted")
        assert [row.back for row in await laboratory.rows(READINGS, id=scan_id)] == [True, False]


class TestWho:
    async def test_farmers_judge_nothing_and_read_no_readings(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded(review="accepted")
        farmer = laboratory.tenant.farmer
        with pytest.raises(Forbidden):
            await laboratory.judge(farmer, scan_id, "rejected")
        with pytest.raises(Forbidden):
            await laboratory.do(farmer, lambda uow: reviews.list_readings(uow, scan_id))

    async def test_another_organisations_scan_is_not_there(self, laboratory: Laboratory) -> None:
        scan_id = await laboratory.graded()
        judged = await laboratory.judge(laboratory.first, scan_id, "accepted")
        for act in (
            lambda uow: reviews.judge(uow, scan_id, {"rea": "rejected"}),
            lambda uow: reviews.take_back(uow, scan_id, judged.reading_ids[0]),
            lambda uow: reviews.list_readings(uow, scan_id),
        ):
            with pytest.raises(ScanNotFound):
                await laboratory.do(laboratory.stranger.admin, act)
        assert await laboratory.standing(scan_id) == ("accepted", "accepted", "accepted")
