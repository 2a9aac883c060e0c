"""Reliability out of real readings: which pairs count, and who is told of whom."""

from uuid import UUID

import pytest

from backend.core.errors import Forbidden
from backend.reviews import reliability
from backend.reviews.reliability import POOL, Against, Report
from tests.integration.reviews.conftest import Laboratory
from tests.support.people import Person


async def report(
    laboratory: Laboratory, person: Person, against: Against = "model", reader: UUID | None = None
) -> Report:
    found: Report = await laboratory.do(
        person, lambda uow: reliability.report(uow, "rea", days=90, against=against, reader=reader)
    )
    return found


async def read_by_both(laboratory: Laboratory, first: str, second: str, model: str = "80") -> UUID:
    """A marginal image that both readers measured by themselves."""
    scan_id = await laboratory.graded(model, "9.6")
    await laboratory.result(scan_id, first, "9.6", by=laboratory.first)
    await laboratory.judge(laboratory.first, scan_id, {"rea": "marginal"})
    await laboratory.result(scan_id, second, "9.6", by=laboratory.second)
    await laboratory.judge(laboratory.second, scan_id, {"rea": "accepted"})
    return scan_id


async def test_only_numbers_that_were_drawn_count(laboratory: Laboratory) -> None:
    """Agreeing to a model's number is no measurement, and what was rejected or taken back is none either."""
    for number in range(3):
        scan_id = await laboratory.graded(f"{70 + 5 * number}", "9.6")
        await laboratory.result(scan_id, f"{72 + 5 * number}", "9.6", by=laboratory.first)
        await laboratory.judge(laboratory.first, scan_id, {"rea": "accepted"})
    agreed = await laboratory.graded("80", "9.6")
    await laboratory.judge(laboratory.first, agreed, {"rea": "accepted"})
    rejected = await laboratory.graded("80", "9.6")
    await laboratory.result(rejected, "20", "9.6", by=laboratory.first)
    await laboratory.judge(laboratory.first, rejected, {"rea": "rejected"})

    found = await report(laboratory, laboratory.tenant.admin)

    pool, first = found.readers["model"]
    assert (pool.name, first.name, first.n) == (POOL, "Technician of acme.example", 3)
    assert (first.bias, first.sd, first.standing) == (pytest.approx(2), pytest.approx(0), "too_few")
    assert [(one.name, one.n) for one in found.models] == [("ribeye-test@1.0.0", 3)]
    assert [one.n for one in found.devices] == [3]
    assert [pair.value - pair.reference for pair in found.pairs] == [2, 2, 2]


async def test_readers_are_held_against_each_other_on_the_same_image(laboratory: Laboratory) -> None:
    for number in range(3):
        await read_by_both(laboratory, f"{80 + number}", f"{82 + number}")
    found = await report(laboratory, laboratory.tenant.admin, "readers", laboratory.second.id)
    by_name = {one.name: one for one in found.readers["readers"]}
    assert by_name["Technician of acme.example"].n == 3
    assert found.chosen == "Technician of acme.example"
    assert [pair.value - pair.reference for pair in found.pairs] == [2, 2, 2]
    assert {round(one.bias or 0) for one in found.readers["readers"]} == {0, -2, 2}


async def test_a_technician_is_told_of_themselves_and_of_all_but_of_no_other_by_name(laboratory: Laboratory) -> None:
    for number in range(3):
        await read_by_both(laboratory, f"{80 + number}", f"{82 + number}")
    found = await report(laboratory, laboratory.first, "readers", laboratory.second.id)
    assert (found.names.keys(), found.chosen) == ({laboratory.first.id}, POOL)
    assert [one.n for one in found.readers["readers"]] == [6, 3]
    assert (await report(laboratory, laboratory.tenant.admin)).names.keys() == {
        laboratory.first.id,
        laboratory.second.id,
    }


async def test_a_second_measurement_by_the_same_reader_shows_how_well_it_repeats(laboratory: Laboratory) -> None:
    for number in range(3):
        scan_id = await laboratory.graded("80", "9.6")
        for value in (81 + number, 82 + number):
            await laboratory.result(scan_id, f"{value}", "9.6", by=laboratory.first)
            verdict = "marginal" if value == 81 + number else "accepted"
            await laboratory.judge(laboratory.first, scan_id, {"rea": verdict})
    found = await report(laboratory, laboratory.first, "repeat")
    assert [pair.value - pair.reference for pair in found.pairs] == [1, 1, 1]


async def test_farmers_and_strangers_are_told_nothing(laboratory: Laboratory) -> None:
    await read_by_both(laboratory, "80", "82")
    with pytest.raises(Forbidden):
        await report(laboratory, laboratory.tenant.farmer)
    found = await report(laboratory, laboratory.stranger.admin)
    assert (found.names, found.pairs, found.models) == ({}, [], [])
