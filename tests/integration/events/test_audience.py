"""Who hears of what: two organisations, every role, every topic."""

from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from backend.core.actor import Actor
from backend.core.audience import RULES, hears
from backend.core.events import Event
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.streams import listening

ROLES = ("admin", "technician", "farmer")
WORK = {"admin", "technician"}
EVERYBODY = set(ROLES)
NOBODY: set[str] = set()
ACCEPTED = {"review": "accepted"}
WITHDRAWN = {"review": "rejected", "review_before": "accepted"}

CASES: list[tuple[str, str, dict[str, str], set[str]]] = [
    ("scan.created", "own", {}, WORK),
    ("scan.updated", "own", {"review": "unreviewed"}, WORK),
    ("scan.updated", "own", {"review": "rejected"}, WORK),
    ("scan.graded", "own", ACCEPTED, EVERYBODY),
    ("scan.updated", "own", WITHDRAWN, EVERYBODY),
    ("scan.graded", "neighbour", ACCEPTED, {"admin"}),
    ("scan.graded", "none", ACCEPTED, {"admin"}),
    ("scan.created", "operated", {}, WORK),
    ("scan.graded", "operated", ACCEPTED, WORK),
    ("device.seen", "own", {}, WORK),
    ("device.seen", "neighbour", {}, {"admin"}),
    ("device.seen", "none", {}, {"admin"}),
    ("device.updated", "own", {}, {"admin"}),
    ("ingest.refused", "own", {}, {"admin"}),
    ("access.requested", "none", {}, {"admin"}),
    ("user.changed", "own", {}, {"admin"}),
    ("farm.updated", "own", {}, EVERYBODY),
    ("farm.updated", "neighbour", {}, {"admin"}),
    ("group.created", "own", {}, EVERYBODY),
    ("animal.updated", "own", {}, EVERYBODY),
    ("animal.updated", "neighbour", {}, {"admin"}),
    ("unheard.of", "own", {}, {"admin"}),
    ("scanner.started", "own", {}, {"admin"}),
    ("notification.created", "for the technician", {}, {"technician"}),
    ("scan.graded", "for the technician", ACCEPTED, {"technician"}),
    ("notification.created", "for the farmer", {}, {"farmer"}),
    ("notification.created", "for a stranger", {}, NOBODY),
]


def event_of(tenant: Tenant, topic: str, where: str, data: dict[str, str]) -> Event:
    farms: dict[str, UUID | None] = {"none": None, "neighbour": tenant.farm_ids[1], "operated": tenant.farm_ids[1]}
    persons = {
        "for the technician": tenant.technician.id,
        "for the farmer": tenant.farmer.id,
        "for a stranger": new_id(),
    }
    return Event(
        topic,
        tenant.org_id,
        farm_id=farms.get(where, tenant.farm_ids[0]),
        operator_id=tenant.technician.id if where == "operated" else None,
        user_id=persons.get(where),
        data={**data, "n": f"{topic} {where}"},
    )


async def test_everybody_hears_what_concerns_them_and_nothing_else(
    api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant
) -> None:
    """Every event of both organisations goes to every listener of both; each takes only its own, in order."""
    browsers = {(tenant.slug, role): await signed_in(tenant.people[role]) for tenant in (acme, other) for role in ROLES}
    for (slug, role), browser in browsers.items():
        async with listening(api, browser) as heard:
            for tenant in (acme, other):
                await runtime.bus.publish(*(event_of(tenant, *case[:3]) for case in CASES))
            last = Event("notification.created", acme.org_id if slug == "acme" else other.org_id)
            await runtime.bus.publish(replace(last, user_id=(acme if slug == "acme" else other).people[role].id))
            names = []
            while "n" in (message := await heard.next()).data:
                names.append(message.data["n"])
        wanted = [f"{topic} {where}" for topic, where, _, roles in CASES if role in roles]
        assert names == wanted, (slug, role)


def test_a_topic_without_a_rule_is_for_admins() -> None:
    org_id, farm_id = new_id(), new_id()
    actor = Actor(role="technician", org_id=org_id, user_id=new_id(), farm_ids=None)
    assert not hears(actor, Event("ops.started", org_id, farm_id=farm_id))
    assert hears(replace(actor, role="admin"), Event("ops.started", org_id, farm_id=farm_id))
    assert {"ops", "ingest", "user", "access"} & set(RULES) == set()


@pytest.mark.parametrize("role", ["system", "anonymous"])
def test_who_is_no_person_hears_nothing(role: str) -> None:
    org_id = new_id()
    actor = Actor(role=role, org_id=org_id, farm_ids=frozenset())  # type: ignore[arg-type]
    assert not any(hears(actor, Event(topic, org_id, farm_id=new_id())) for topic in ("scan.created", "device.seen"))


async def test_a_message_holds_topic_and_identifiers_alone(
    api: FastAPI, signed_in: SignedIn, runtime: Runtime, acme: Tenant
) -> None:
    scan_id = str(new_id())
    async with listening(api, await signed_in(acme.admin)) as heard:
        await runtime.bus.publish(Event("scan.created", acme.org_id, acme.farm_ids[0], data={"scan_id": scan_id}))
        message = await heard.next()
    assert (message.event, message.data) == ("scan.created", {"topic": "scan.created", "scan_id": scan_id})
    assert message.id == heard.last_id != ""


async def test_a_token_listens_too_and_a_stranger_does_not(
    api: FastAPI, signed_in: SignedIn, browser: httpx.AsyncClient, runtime: Runtime, acme: Tenant
) -> None:
    owner = await signed_in(acme.technician)
    made = await owner.post("/api/v1/me/tokens", json={"name": "listener", "scopes": ["read"]})
    assert made.status_code == 201, made.text
    async with listening(api, authorization=f"Bearer {made.json()['token']}") as heard:
        await runtime.bus.publish(Event("scan.created", acme.org_id, acme.farm_ids[0]))
        assert (await heard.next()).event == "scan.created"
    assert (await browser.get("/api/v1/events")).status_code == 401
