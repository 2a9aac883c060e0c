"""Every handler says who may send it: one without a policy would be refused at run time, and fails here first."""

import pytest
from reflex_base.registry import RegistrationContext

from backend.core.actor import Actor
from cti_app.cti_app import app
from cti_app.guard import INTERNAL
from pages.routes import ROUTES
from state.policy import Policy, allow, policy_of, public, signed_in

assert app  # importing the application registers the states of every page
HANDLERS = RegistrationContext.get().event_handlers
OF_REFLEX = {
    name
    for name, registered in HANDLERS.items()
    if name.endswith(".setvar") or registered.handler.fn.__module__.startswith(("reflex.", "reflex_"))
}


@pytest.mark.parametrize("name", sorted(HANDLERS.keys() - OF_REFLEX))
def test_every_handler_of_ours_has_a_policy(name: str) -> None:
    assert policy_of(HANDLERS[name].handler.fn) is not None


def test_of_reflexs_own_handlers_only_those_a_page_needs_are_open() -> None:
    assert HANDLERS.keys() >= INTERNAL
    shut = OF_REFLEX - INTERNAL
    assert any(name.endswith(".setvar") for name in shut)
    assert all(policy_of(HANDLERS[name].handler.fn) is None for name in shut)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.public], ids=lambda route: route.path)
def test_what_a_public_page_loads_is_public(route: object) -> None:
    handlers = getattr(route, "on_load", ())
    for handler in handlers:
        found = policy_of(handler.fn)
        assert found is not None
        assert found.public


def test_a_policy_admits_its_roles_and_platform_administrators() -> None:
    @allow("technician")
    def handler() -> None: ...

    policy = policy_of(handler)
    assert policy is not None
    assert policy.admits(Actor(role="technician"))
    assert policy.admits(Actor(role="farmer", platform_admin=True))
    assert not policy.admits(Actor(role="farmer"))
    assert not policy.admits(Actor(role="admin"))
    assert not policy.admits(None)


def test_signed_in_admits_every_person_and_nobody_else() -> None:
    @signed_in
    def handler() -> None: ...

    policy = policy_of(handler)
    assert policy is not None
    assert all(policy.admits(Actor(role=role)) for role in ("admin", "technician", "farmer"))
    assert not policy.admits(None)
    assert not policy.admits(Actor.anonymous())


def test_public_admits_anybody() -> None:
    @public
    def handler() -> None: ...

    assert policy_of(handler) == Policy(public=True)
    assert Policy(public=True).admits(None)


def test_a_handler_that_says_nothing_has_no_policy() -> None:
    def handler() -> None: ...

    assert policy_of(handler) is None
