"""Farms: who sees which, and which boundaries are taken."""

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid
from backend.core.runtime import Runtime
from backend.farms import service as farms
from tests.support.people import Tenant

SQUARE = [(-113.6, 53.4), (-113.5, 53.4), (-113.5, 53.5), (-113.6, 53.5)]


async def names(runtime: Runtime, actor: Actor) -> list[str]:
    async with runtime.database.unit_of_work(actor) as uow:
        return [farm.name for farm in await farms.list_farms(uow)]


async def test_an_admin_sees_every_farm_and_others_theirs(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    everything = await names(runtime, await acme.admin.actor())
    own = await names(runtime, await acme.people["technician"].actor())
    assert len(everything) == 2
    assert len(own) == 1
    assert set(own) < set(everything)
    assert await names(runtime, Actor(role="admin")) == []


async def test_a_capture_inside_the_boundary_finds_the_farm(runtime: Runtime, acme: Tenant) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        made = await farms.create_farm(uow, "  North   Ridge ", boundary=SQUARE)
        assert made.name == "North Ridge"
        inside = "SELECT ST_Covers(geofence, ST_SetSRID(ST_MakePoint(-113.55, 53.45), 4326)) FROM farms WHERE id = :id"
        assert await uow.session.scalar(text(inside), {"id": made.id}) is True


async def test_a_name_is_used_once_in_an_organisation_and_freely_in_another(
    runtime: Runtime, acme: Tenant, other: Tenant
) -> None:
    for tenant in (acme, other):
        async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
            await farms.create_farm(uow, "South Ridge")
    with pytest.raises(farms.FarmNameTaken):
        async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
            await farms.create_farm(uow, "South Ridge")


@pytest.mark.parametrize(
    ("change", "path", "hint"),
    [
        ({"name": " "}, "name", "1 to 120"),
        ({"name": "x" * 121}, "name", "1 to 120"),
        ({"time_zone": "Mars/Base"}, "time_zone", "time zone database"),
        ({"boundary": SQUARE[:2]}, "boundary", "at least 3"),
        ({"boundary": [(0, 0), (200, 0), (0, 1)]}, "boundary", "-180 to 180"),
        ({"boundary": [(0, 0), (1, 1), (1, 0), (0, 1)]}, "boundary", "crosses itself at 0.50000° N, 0.50000° E"),
        ({"boundary": [(0, 0), (1, 1), (2, 2)]}, "boundary", "encloses no area"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    runtime: Runtime, acme: Tenant, change: dict[str, object], path: str, hint: str
) -> None:
    with pytest.raises(Invalid) as caught:
        async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
            await farms.create_farm(uow, **{"name": "A farm", **change})
    assert caught.value.errors[0]["path"] == path
    assert hint in caught.value.errors[0]["message"]


@pytest.mark.parametrize("role", ["technician", "farmer"])
async def test_only_admins_make_farms(runtime: Runtime, acme: Tenant, role: str) -> None:
    with pytest.raises(Forbidden):
        async with runtime.database.unit_of_work(await acme.people[role].actor()) as uow:
            await farms.create_farm(uow, "Mine")
