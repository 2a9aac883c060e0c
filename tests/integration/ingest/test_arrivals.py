"""What the admin's home shows of ingest: arrivals by the hour, and how much waits for a decision."""

from datetime import timedelta

import pytest

from backend.core.clock import utc_now
from backend.core.errors import Forbidden
from backend.core.runtime import Runtime
from backend.ingest import service as ingest
from tests.integration.ingest.conftest import Sender
from tests.support.people import Person, Tenant


async def _hours(runtime: Runtime, person: Person) -> list[tuple[int, int]]:
    async with runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
        found = await ingest.arrivals_per_hour(uow, utc_now() - timedelta(hours=24))
    return [(hour.stored, hour.refused) for hour in found]


async def _waiting(runtime: Runtime, person: Person, most: int = 1_000) -> int:
    async with runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
        return await ingest.count_waiting(uow, most)


async def test_an_hour_counts_what_was_stored_and_what_was_refused(
    runtime: Runtime, acme: Tenant, sender: Sender
) -> None:
    for number in (1, 2, 2):
        await sender.capture(number)
    await sender.capture(3, image_sha256="not a hash")
    assert sum(stored for stored, _ in await _hours(runtime, acme.admin)) == 2
    assert sum(refused for _, refused in await _hours(runtime, acme.admin)) == 1


async def test_another_organisation_sees_none_of_it(
    runtime: Runtime, acme: Tenant, other: Tenant, sender: Sender
) -> None:
    await sender.capture(1, image_sha256="not a hash")
    assert await _hours(runtime, other.admin) == []
    assert await _waiting(runtime, other.admin) == 0


async def test_waiting_deliveries_are_counted_up_to_a_bound(runtime: Runtime, acme: Tenant, sender: Sender) -> None:
    for number in range(3):
        await sender.capture(number, image_sha256="not a hash")
    assert await _waiting(runtime, acme.admin) == 3
    assert await _waiting(runtime, acme.admin, most=2) == 2


@pytest.mark.parametrize("role", ["technician", "farmer"])
async def test_only_admins_are_told(runtime: Runtime, acme: Tenant, role: str) -> None:
    with pytest.raises(Forbidden):
        await _hours(runtime, acme.people[role])
    with pytest.raises(Forbidden):
        await _waiting(runtime, acme.people[role])
