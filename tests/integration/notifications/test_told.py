"""What the product tells by itself: a request for access, accepted results, a graded session, another model."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.runtime import Runtime
from backend.notifications.graded_sessions import QUIET, tell_of_graded
from backend.registry import service as registry
from backend.scans import service as scans
from jobs.bench import Bench
from tests.support import gradings
from tests.support.people import Tenant, make_person
from tests.support.scan_factory import ScanFactory

NOW = timedelta(0)


def told(owner: psycopg.Connection) -> list[Any]:
    """Who was told of what."""
    query = "SELECT u.email, n.type, n.payload FROM notifications n JOIN users u ON u.id = n.user_id ORDER BY n.id"
    return owner.execute(query).fetchall()


async def test_admins_hear_who_asks_to_be_let_in(
    browser: httpx.AsyncClient, owner: psycopg.Connection, acme: Tenant, other: Tenant
) -> None:
    wanted = {"full_name": "Ada Lind", "email": "ada@lind.example", "password": "seven slow tractors", "role": "farmer"}
    assert (await browser.post("/api/v1/auth/register", json=wanted)).status_code == 202
    ((email, type_, payload),) = told(owner)
    assert (email, type_, payload["name"], payload["role"]) == (
        acme.admin.email,
        "access_request",
        "Ada Lind",
        "farmer",
    )


async def test_farmers_hear_of_an_accepted_result_once_a_scan(
    runtime: Runtime, owner: psycopg.Connection, acme: Tenant
) -> None:
    await make_person(runtime, acme.org_id, "elsewhere@acme.example", "farmer", [acme.farm_ids[1]])
    scan_id = await ScanFactory(runtime, acme.org_id).scan(farm_id=acme.farm_ids[0])
    for review in ("marginal", "accepted", "rejected", "accepted"):
        async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
            await scans.review_scan(uow, scan_id, review)  # type: ignore[arg-type]
    assert told(owner) == [
        (acme.farmer.email, "results_accepted", {"farm": "acme farm 1", "scan_id": str(scan_id)}),
    ]


class TestGradedSession:
    async def make(self, runtime: Runtime, acme: Tenant, *status: str, **values: Any) -> list[UUID]:
        """Images of an evening, the third of September on the farm; the first one could not be measured."""
        at = datetime(2026, 9, 4, 5, 30, tzinfo=UTC)
        rows = [{"status": word, "rea_cm2": 80 if number else None} for number, word in enumerate(status)]
        usual = {"farm_id": acme.farm_ids[0], "captured_at": at, "created_at": utc_now(), **values}
        return await ScanFactory(runtime, acme.org_id).scans([{**usual, **row} for row in rows])

    async def test_it_is_told_of_once_when_everything_is_graded(
        self, runtime: Runtime, owner: psycopg.Connection, acme: Tenant
    ) -> None:
        made = await self.make(runtime, acme, "error", "graded", "ingested")
        assert await tell_of_graded(runtime, NOW) == 0
        owner.execute("UPDATE scans SET status = 'graded' WHERE id = %s", (made[-1],))
        assert await tell_of_graded(runtime, QUIET) == 0
        assert [await tell_of_graded(runtime, NOW) for _ in range(2)] == [1, 0]
        said = {"farm": "acme farm 1", "on": "2026-09-03", "scans": 3, "ungraded": 1}
        assert told(owner) == [(who.email, "session_graded", said) for who in (acme.admin, acme.technician)]

    async def test_what_is_long_ago_or_on_no_farm_is_no_session(self, runtime: Runtime, acme: Tenant) -> None:
        await self.make(runtime, acme, "graded", created_at=utc_now() - timedelta(days=8))
        await self.make(runtime, acme, "graded", farm_id=None)
        assert await tell_of_graded(runtime, NOW) == 0


async def test_everybody_who_works_with_models_hears_of_another_one(
    bench: Bench, owner: psycopg.Connection, acme: Tenant, other: Tenant, tmp_path: Path
) -> None:
    runtime = bench.runtime
    reference = await gradings.register(bench, tmp_path, "alpha")
    runs_it = await make_person(runtime, acme.org_id, "root@acme.example", "admin", platform_admin=True)
    async with runtime.database.unit_of_work(await runs_it.actor()) as uow:
        await registry.set_alias(uow, "champion", reference)
        assert uow.actor.user_id == runs_it.id
    assert {(email, payload["alias"], payload["model"]) for email, _, payload in told(owner)} == {
        (person.email, "champion", reference)
        for tenant in (acme, other)
        for person in (tenant.admin, tenant.technician)
    }


async def test_a_unit_that_told_of_a_model_goes_on_as_who_it_was(bench: Bench, acme: Tenant, tmp_path: Path) -> None:
    await gradings.register(bench, tmp_path, "alpha")
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        await registry.set_alias(uow, "champion", "alpha@1.0.0")
        assert uow.actor == Actor.system()
