"""People for tests: organisations with farms and one person per role, and browsers that are signed in as them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

import httpx
from fastapi import FastAPI

from backend.core.actor import Actor, Role
from backend.core.clock import utc_now
from backend.core.http import CSRF_COOKIE, CSRF_HEADER
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.core.security import _passwords
from backend.farms.models import Farm
from backend.identity.live import CACHE, actor_for_user
from backend.identity.models import Membership, MembershipFarm, Organization, User

ORIGIN = "http://localhost:3000"
PASSWORD = "nine quiet mares at dusk"


@lru_cache(maxsize=1)
def password_hash() -> str:
    """The hash of PASSWORD, computed once a run."""
    return str(_passwords().hash(PASSWORD))


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in with PASSWORD."""

    id: UUID
    org_id: UUID
    email: str
    role: Role

    async def actor(self) -> Actor:
        """This person as the asker of a unit of work."""
        CACHE.clear()
        found = await actor_for_user(self.id, self.org_id)
        assert found is not None
        return found


@dataclass
class Tenant:
    """An organisation with two farms; its technician and farmer are assigned to the first of them."""

    org_id: UUID
    slug: str
    farm_ids: list[UUID]
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def admin(self) -> Person:
        return self.people["admin"]

    @property
    def technician(self) -> Person:
        return self.people["technician"]

    @property
    def farmer(self) -> Person:
        return self.people["farmer"]


async def make_tenant(runtime: Runtime, slug: str, *, is_default: bool = False) -> Tenant:
    """An organisation with farms and one person per role, `admin@<slug>.example` and so on."""
    tenant = Tenant(new_id(), slug, [new_id(), new_id()])
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id)) as uow:
        uow.session.add(Organization(id=tenant.org_id, slug=slug, name=slug.title(), is_default=is_default))
        await uow.session.flush()
        uow.session.add_all(
            Farm(id=farm_id, org_id=tenant.org_id, name=f"{slug} farm {number}")
            for number, farm_id in enumerate(tenant.farm_ids, start=1)
        )
    roles: tuple[Role, ...] = ("admin", "technician", "farmer")
    for role in roles:
        farm_ids = [] if role == "admin" else tenant.farm_ids[:1]
        tenant.people[role] = await make_person(runtime, tenant.org_id, f"{role}@{slug}.example", role, farm_ids)
    return tenant


async def make_person(
    runtime: Runtime,
    org_id: UUID,
    email: str,
    role: Role,
    farm_ids: Iterable[UUID] = (),
    *,
    status: str = "active",
    platform_admin: bool = False,
) -> Person:
    """A person with a role in an organisation."""
    user_id, membership_id = new_id(), new_id()
    async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
        uow.session.add(
            User(
                id=user_id,
                email=email,
                full_name=f"{role.title()} of {email.partition('@')[2]}",
                password_hash=password_hash(),
                password_changed_at=utc_now(),
                status=status,
                is_platform_admin=platform_admin,
            )
        )
        await uow.session.flush()
        uow.session.add(Membership(id=membership_id, org_id=org_id, user_id=user_id, role=role))
        await uow.session.flush()
        uow.session.add_all(
            MembershipFarm(org_id=org_id, membership_id=membership_id, farm_id=farm_id) for farm_id in farm_ids
        )
    return Person(user_id, org_id, email, role)


def open_browser(api: FastAPI, *, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Somebody's browser on the API, at the site's own pages, signed in as nobody."""
    transport = httpx.ASGITransport(api, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN})


async def sign_in(browser: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    """Sign a browser in; on success it sends the CSRF token from then on, as our pages do."""
    answer = await browser.post("/api/v1/auth/login", json={"email": email, "password": password})
    take_csrf(browser)
    return answer


def take_csrf(browser: httpx.AsyncClient) -> None:
    """Send the CSRF token the browser holds with every request."""
    token = browser.cookies.get(CSRF_COOKIE)
    if token:
        browser.headers[CSRF_HEADER] = token
