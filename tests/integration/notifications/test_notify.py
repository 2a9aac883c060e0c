"""Telling people: who hears, by which ways, once, and together with what it tells of."""

import asyncio
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest

from backend.core.actor import Actor
from backend.core.events import Event
from backend.core.runtime import Runtime
from backend.notifications.channels import AUDIENCE, DEFAULTS, mail_due
from backend.notifications.service import NotificationType, notify
from tests.support.people import Tenant, make_person

MAIL = "smtp://localhost:2525"


def rows(owner_url: str, columns: str = "user_id") -> list[Any]:
    with psycopg.connect(owner_url) as session:
        found = session.execute(f"SELECT {columns} FROM notifications ORDER BY id").fetchall()  # type: ignore[arg-type]
    return [row[0] if len(row) == 1 else row for row in found]


async def tell(runtime: Runtime, actor: Actor, type_: NotificationType, **about: Any) -> list[Event]:
    """Tell in a unit of its own; what open pages hear of it."""
    async with runtime.database.unit_of_work(actor) as uow:
        await notify(uow, type_, **{"payload": {}, **about})
        assert uow.actor == actor
    return uow.events


async def hearing(runtime: Runtime, owner_url: str, org_id: UUID, type_: NotificationType, **about: Any) -> set[UUID]:
    await tell(runtime, Actor.system(org_id), type_, **about)
    return set(rows(owner_url))


@pytest.mark.parametrize("type_", sorted(AUDIENCE))
async def test_those_hear_whose_role_it_concerns(
    runtime: Runtime, owner_url: str, acme: Tenant, other: Tenant, type_: NotificationType
) -> None:
    expected = {acme.people[role].id for role in AUDIENCE[type_]}
    assert await hearing(runtime, owner_url, acme.org_id, type_) == expected


async def test_news_of_a_farm_reach_those_in_whose_scope_it_lies(
    runtime: Runtime, owner_url: str, acme: Tenant, other: Tenant
) -> None:
    second = await make_person(runtime, acme.org_id, "second@acme.example", "technician", [acme.farm_ids[1]])
    heard = await hearing(runtime, owner_url, acme.org_id, "device_silent", farm_id=acme.farm_ids[1])
    assert heard == {acme.admin.id, second.id}
    assert rows(owner_url, "payload ->> 'farm'") == ["acme farm 2"] * 2


async def test_nobody_is_told_of_a_farm_that_is_not_theirs_by_being_named(
    runtime: Runtime, owner_url: str, acme: Tenant, other: Tenant
) -> None:
    named = [acme.farmer.id, acme.technician.id, other.technician.id]
    heard = await hearing(
        runtime, owner_url, acme.org_id, "mentioned", farm_id=acme.farm_ids[1], user_ids=[*named, acme.admin.id]
    )
    assert heard == {acme.admin.id}


async def test_people_who_are_out_hear_nothing(runtime: Runtime, owner_url: str, acme: Tenant) -> None:
    out = await make_person(runtime, acme.org_id, "out@acme.example", "admin", status="disabled")
    assert out.id not in await hearing(runtime, owner_url, acme.org_id, "access_request")
    assert await hearing(runtime, owner_url, acme.org_id, "export_ready", user_ids=[]) == {acme.admin.id}


async def test_who_did_it_needs_not_be_told_unless_it_is_for_them(
    runtime: Runtime, owner_url: str, acme: Tenant
) -> None:
    admin = await acme.admin.actor()
    assert await tell(runtime, admin, "access_request") == []
    (event,) = await tell(runtime, admin, "export_ready", user_ids=[acme.admin.id])
    assert (event.topic, event.org_id, event.user_id) == ("notification.created", acme.org_id, acme.admin.id)


async def test_a_farmers_act_may_tell_an_admin_though_the_wall_hides_their_rows(
    runtime: Runtime, owner_url: str, acme: Tenant
) -> None:
    await tell(runtime, await acme.farmer.actor(), "mentioned", user_ids=[acme.admin.id])
    assert rows(owner_url) == [acme.admin.id]


async def test_what_is_undone_was_never_told(runtime: Runtime, owner_url: str, acme: Tenant) -> None:
    async def tell_and_fail() -> None:
        async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await notify(uow, "access_request", payload={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await tell_and_fail()
    assert rows(owner_url) == []


async def test_told_at_once_by_many_it_is_delivered_once(runtime: Runtime, owner_url: str, acme: Tenant) -> None:
    system = Actor.system(acme.org_id)
    told = await asyncio.gather(*(tell(runtime, system, "session_graded", once_key="2026-05-04") for _ in range(6)))
    assert len(rows(owner_url)) == sum(map(len, told)) == len(AUDIENCE["session_graded"])


async def test_those_of_a_farm_and_day_belong_together(runtime: Runtime, owner_url: str, acme: Tenant) -> None:
    system = Actor.system(acme.org_id)
    for scan in ("a", "b"):
        await tell(runtime, system, "results_accepted", farm_id=acme.farm_ids[0], once_key=scan)
    await tell(runtime, system, "device_silent", farm_id=acme.farm_ids[0])
    groups = rows(owner_url, "group_key")
    assert groups[0] == groups[1] is not None
    assert set(groups[2:]) == {None}


class TestChannels:
    @pytest.fixture
    def choose(self, owner_url: str, acme: Tenant) -> Any:
        def chosen(*, in_app: bool, mail: str) -> None:
            with psycopg.connect(owner_url) as session:
                session.execute(
                    "INSERT INTO notification_choices (id, user_id, type, in_app, mail)"
                    " VALUES (gen_random_uuid(), %s, 'access_request', %s, %s)",
                    (acme.admin.id, in_app, mail),
                )

        return chosen

    @pytest.mark.parametrize("server", ["", MAIL])
    @pytest.mark.parametrize("ways", list(product([True, False], ["immediate", "digest", "off"])))
    async def test_each_goes_the_ways_the_person_chose(
        self, runtime: Runtime, owner_url: str, acme: Tenant, choose: Any, server: str, ways: tuple[bool, str]
    ) -> None:
        in_app, mail = ways
        runtime.settings = runtime.settings.model_copy(update={"smtp_url": server})
        choose(in_app=in_app, mail=mail)
        events = await tell(runtime, Actor.system(acme.org_id), "access_request")
        by_mail = mail if server and mail != "off" else "none"
        expected = [(in_app, by_mail, by_mail != "none")] if in_app or by_mail != "none" else []
        assert rows(owner_url, "in_app, mail, mail_due_at IS NOT NULL") == expected
        assert len(events) == in_app

    def test_every_type_has_its_usual_ways(self) -> None:
        assert set(AUDIENCE) < set(DEFAULTS)

    @pytest.mark.parametrize(
        ("zone", "now", "due"),
        [
            ("America/Edmonton", "2026-07-01T12:59", "2026-07-01T13:00"),
            ("America/Edmonton", "2026-07-01T13:00", "2026-07-02T13:00"),
            ("Australia/Sydney", "2026-07-01T12:59", "2026-07-01T21:00"),
            (None, "2026-01-01T15:00", "2026-01-02T14:00"),
            # the night in which clocks go forward is an hour shorter
            ("America/Edmonton", "2026-03-08T05:00", "2026-03-08T13:00"),
        ],
    )
    def test_the_digest_comes_at_seven_where_the_person_lives(self, zone: str | None, now: str, due: str) -> None:
        at = datetime.fromisoformat(now).replace(tzinfo=UTC)
        assert mail_due("digest", zone, at) == datetime.fromisoformat(due).replace(tzinfo=UTC)
