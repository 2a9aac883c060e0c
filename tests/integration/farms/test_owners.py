"""Who belongs to a farm, and that it keeps its last owner however somebody tries to take it away."""

from uuid import uuid4

import httpx
import pytest

from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem

URL = "/api/v1/farms"


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


def place(tenant: Tenant, role: str, farm: int = 0) -> str:
    return f"{URL}/{tenant.farm_ids[farm]}/members/{tenant.people[role].id}"


async def owners(browser: httpx.AsyncClient, tenant: Tenant, farm: int = 0) -> dict[str, bool]:
    listed = (await browser.get(f"{URL}/{tenant.farm_ids[farm]}/members")).json()
    return {member["role"]: member["is_owner"] for member in listed}


async def test_people_are_put_on_a_farm_made_owners_and_taken_off(
    admin: httpx.AsyncClient, signed_in: SignedIn, acme: Tenant
) -> None:
    assert (await admin.put(place(acme, "farmer", 1), json={"is_owner": True})).status_code == 204
    assert await owners(admin, acme, 1) == {"farmer": True}
    farmer = await signed_in(acme.farmer)
    assert len((await farmer.get(URL)).json()["items"]) == 2
    await admin.put(place(acme, "technician", 1), json={"is_owner": True})
    assert (await admin.delete(place(acme, "farmer", 1))).status_code == 204
    assert await owners(admin, acme, 1) == {"technician": True}
    assert len((await farmer.get(URL)).json()["items"]) == 1


async def test_the_last_owner_stays_until_there_is_another(admin: httpx.AsyncClient, acme: Tenant) -> None:
    await admin.put(place(acme, "farmer"), json={"is_owner": True})
    members = f"/api/v1/admin/users/{acme.farmer.id}"
    for refused in (
        await admin.delete(place(acme, "farmer")),
        await admin.put(place(acme, "farmer"), json={"is_owner": False}),
        await admin.patch(members, json={"farm_ids": [str(acme.farm_ids[1])]}),
    ):
        assert "owner" in problem(refused, 409, "last_owner")["detail"]
    kept = await admin.patch(members, json={"farm_ids": [str(farm_id) for farm_id in acme.farm_ids]})
    assert kept.status_code == 200
    assert await owners(admin, acme) == {"farmer": True, "technician": False}
    await admin.put(place(acme, "technician"), json={"is_owner": True})
    assert (await admin.put(place(acme, "farmer"), json={"is_owner": False})).status_code == 204
    assert await owners(admin, acme) == {"farmer": False, "technician": True}


async def test_only_admins_decide_and_only_about_their_own(
    signed_in: SignedIn, admin: httpx.AsyncClient, acme: Tenant, other: Tenant
) -> None:
    technician = await signed_in(acme.technician)
    assert (await technician.put(place(acme, "farmer"), json={"is_owner": True})).status_code == 403
    stranger = f"{URL}/{acme.farm_ids[0]}/members/{other.farmer.id}"
    for path in (stranger, f"{URL}/{acme.farm_ids[0]}/members/{uuid4()}", place(other, "farmer")):
        assert (await admin.put(path, json={})).status_code == 404
        assert (await admin.delete(path)).status_code == 404
    assert (await admin.delete(place(acme, "admin"))).status_code == 204
