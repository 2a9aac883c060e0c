"""Who may call a route, said at the route: `require("admin")`, `signed_in()` or `public("why")`.

`check_policies` refuses to build an API with a route that says nothing, so that forgetting is not an option.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from backend.core.actor import Actor, Role
from backend.core.database import UnitOfWork, ViewingOnly
from backend.core.errors import Forbidden, Unauthenticated
from backend.core.http.credentials import SAFE_METHODS, UnknownToken, check_csrf, credentials_of
from backend.core.runtime import runtime


class ScopeMissing(Forbidden):
    code, title = "scope_missing", "The token was not given this right"


async def current_actor(request: Request) -> Actor:
    """Who sends the request. Raises Unauthenticated, and Forbidden for a forged request with a cookie."""
    shown = credentials_of(request)
    actor: Actor | None = await request.app.state.authenticate(shown)
    if actor is None and shown.bearer is not None:
        raise UnknownToken
    if actor is None:
        raise Unauthenticated
    if actor.viewer_id is not None and request.method not in SAFE_METHODS:
        raise ViewingOnly
    if shown.bearer is None and request.method not in SAFE_METHODS:
        if actor.session_id is None:
            raise Unauthenticated
        check_csrf(request, runtime().settings, actor.session_id)
    return actor


ActorDep = Annotated[Actor, Depends(current_actor)]


async def unit_of_work(request: Request, actor: ActorDep) -> AsyncIterator[UnitOfWork]:
    """One transaction as the caller, read-only for GET, committed before the answer is sent."""
    async with runtime().database.unit_of_work(actor, read_only=request.method in SAFE_METHODS) as unit:
        yield unit


Uow = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]


async def anonymous_unit() -> AsyncIterator[UnitOfWork]:
    """A transaction for somebody who is nobody yet; the services do what such a one may."""
    async with runtime().database.unit_of_work(Actor.anonymous()) as unit:
        yield unit


AnonymousUow = Annotated[UnitOfWork, Depends(anonymous_unit, scope="function")]


class Policy:
    """What a route asks of its caller. Compared by what it says, so that tests can list it."""

    def __init__(
        self, roles: frozenset[Role], *, person: bool = False, platform: bool = False, public: str = ""
    ) -> None:
        self.roles = roles
        self.person = person
        self.platform = platform
        self.public = public

    def check(self, actor: Actor, method: str) -> None:
        """Raise Forbidden unless `actor` may use `method` here."""
        if actor.role not in self.roles or (self.platform and not actor.platform_admin):
            raise Forbidden("Your role does not allow this.")
        if actor.scopes is None:
            return
        if self.person:
            raise Forbidden("This needs a signed-in person; tokens may not do it.")
        needed = "read" if method in SAFE_METHODS else "write"
        if needed not in actor.scopes or (self.roles == {"admin"} and "admin" not in actor.scopes):
            raise ScopeMissing(f"The token needs the scopes {needed}{' and admin' if self.roles == {'admin'} else ''}.")


class Guarded(Policy):
    """A policy that is met by a signed-in caller only."""

    async def __call__(self, request: Request, actor: ActorDep) -> Actor:
        self.check(actor, request.method)
        return actor


class Open(Policy):
    """A route for everybody, with the reason why that is safe."""

    async def __call__(self) -> None:  # a plain function would be sent to a thread and back
        return None


EVERY_ROLE: frozenset[Role] = frozenset({"admin", "technician", "farmer"})


def require(*roles: Role, person: bool = False, platform: bool = False) -> Any:
    """A route for callers with one of `roles`; `person` shuts out tokens, `platform` asks for a platform admin."""
    return Depends(Guarded(frozenset(roles), person=person, platform=platform))


def signed_in(*, person: bool = False) -> Any:
    """A route for everybody who is signed in."""
    return Depends(Guarded(EVERY_ROLE, person=person))


def public(reason: str) -> Any:
    """A route for everybody: say what protects it instead, or why nothing has to."""
    return Depends(Open(frozenset(), public=reason))


def policy_of(dependant: Dependant) -> Policy | None:
    """The policy among a route's dependencies, wherever in the tree it stands."""
    call: object = dependant.call
    if isinstance(call, Policy):
        return call
    found = (policy_of(child) for child in dependant.dependencies)
    return next((policy for policy in found if policy is not None), None)


def policies(app: FastAPI) -> dict[tuple[str, str], Policy | None]:
    """Every route of the API as (method, path) with what it asks of its caller."""
    return {
        (method, route.path_format or ""): policy_of(route.dependant)
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute)
        for method in route.methods or ()
    }


def check_policies(app: FastAPI) -> None:
    """Raise LookupError naming every route that does not say who may call it."""
    silent = [f"{method} {path}" for (method, path), policy in policies(app).items() if policy is None]
    if silent:
        raise LookupError(f"These routes say not who may call them (require, signed_in, public): {', '.join(silent)}")
