"""The audit log: what gets in, what never does, who may read it, and that nobody can rewrite it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from backend.audit import service as audit
from backend.audit.service import HIDDEN, plain
from backend.core.context import request_context
from backend.core.runtime import Runtime
from backend.identity import service as identity
from backend.identity.errors import PersonNotFound
from tests.support.people import Tenant

LOG = text("SELECT action FROM audit_log ORDER BY id")


@pytest.mark.parametrize("role", ["admin", "technician", "farmer"])
async def test_everybodys_acts_are_kept_with_their_request(
    runtime: Runtime, acme: Tenant, owner_url: str, role: str
) -> None:
    with request_context("request-0001", "203.0.113.7"):
        async with runtime.database.unit_of_work(await acme.people[role].actor()) as uow:
            await audit.record(uow, "scan.accepted", "scan", acme.farm_ids[0], {"review": None}, {"review": "accepted"})
    with psycopg.connect(owner_url) as session:
        session.execute("SET row_security = off")
        rows = session.execute(
            "SELECT org_id, user_id, action, object_type, object_id, before, after, request_id, ip FROM audit_log"
        ).fetchall()
    assert rows == [
        (
            acme.org_id,
            acme.people[role].id,
            "scan.accepted",
            "scan",
            str(acme.farm_ids[0]),
            {"review": None},
            {"review": "accepted"},
            "request-0001",
            "203.0.113.7",
        )
    ]


async def test_an_act_that_failed_leaves_no_trace(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    actor = await acme.admin.actor()
    with pytest.raises(PersonNotFound):  # noqa: PT012 (the block is the unit of work)
        async with runtime.database.unit_of_work(actor) as uow:
            await audit.record(uow, "farm.removed")
            await identity.get_member(uow, other.farmer.id)
    async with runtime.database.unit_of_work(actor) as uow:
        assert (await uow.session.scalars(LOG)).all() == []


async def test_admins_read_their_own_organisations_log(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    for tenant in (acme, other):
        async with runtime.database.unit_of_work(await tenant.technician.actor()) as uow:
            await audit.record(uow, f"{tenant.slug}.act")
    seen = {}
    for person in (acme.admin, other.admin, acme.technician, acme.farmer):
        async with runtime.database.unit_of_work(await person.actor()) as uow:
            seen[person.email] = (await uow.session.scalars(LOG)).all()
    assert list(seen.values()) == [["acme.act"], ["other.act"], [], []]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
async def test_nobody_rewrites_it(runtime: Runtime, acme: Tenant, statement: str) -> None:
    actor = await acme.admin.actor()
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with runtime.database.unit_of_work(actor) as uow:
            await uow.session.execute(text(statement))


def test_values_are_kept_as_json_holds_them() -> None:
    moment, farm = datetime(2026, 3, 1, 12, tzinfo=UTC), UUID(int=7)
    kept = plain({"at": moment, "farm": farm, "mm": Decimal("1.5"), "ids": {farm}, "deep": [{"ok": True}], "no": None})
    assert kept == {
        "at": "2026-03-01T12:00:00+00:00",
        "farm": str(farm),
        "mm": 1.5,
        "ids": [str(farm)],
        "deep": [{"ok": True}],
        "no": None,
    }


SECRET_NAMES = st.sampled_from(
    ["password", "new_password", "Token", "webhook_secret", "password_hash", "Authorization"]
)


@given(name=SECRET_NAMES, secret=st.text(min_size=1), depth=st.integers(0, 4))
def test_secrets_never_get_in(name: str, secret: str, depth: int) -> None:
    values: dict[str, object] = {name: secret}
    for level in range(depth):
        values = {"inner": [values, {"n": 1}]} if level % 2 else {"inner": values}
    found: object = plain(values)
    for _ in range(depth):
        assert isinstance(found, dict)
        inner = found["inner"]
        found = inner[0] if isinstance(inner, list) else inner
    assert found == {name: HIDDEN}
