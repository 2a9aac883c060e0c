"""Who may send which event. Every handler of every state carries a policy; the guard refuses what has none.

Reflex lets any client call any public method of a state with any arguments, so a handler's policy stands on the
handler itself, in sight of whoever changes it, and is what makes it an event at all: `@allow("admin")` takes the
place of `@rx.event` and passes its options on. The service behind checks again, object by object.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import reflex as rx

from backend.core.actor import Actor, Role

MARK: Final = "__cti_policy__"
Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """`roles` empty and not `public`: nobody but the platform's administrators."""

    roles: frozenset[Role] = frozenset()
    public: bool = False

    def admits(self, actor: Actor | None) -> bool:
        """Tell whether `actor` (None: not signed in) may send this event."""
        if self.public:
            return True
        return actor is not None and (actor.role in self.roles or actor.platform_admin)


def _event(handler: Handler, policy: Policy, options: dict[str, Any]) -> Any:
    setattr(handler, MARK, policy)
    return rx.event(handler, **options)


def allow(*roles: Role, **options: Any) -> Callable[[Handler], Any]:
    """Let people of these roles send the event. `options` are those of `rx.event`, such as `background=True`."""
    return lambda handler: _event(handler, Policy(frozenset(roles)), options)


def signed_in(handler: Handler | None = None, **options: Any) -> Any:
    """Let everyone who is signed in send the event; with or without options of `rx.event`."""
    everybody = allow("admin", "technician", "farmer", **options)
    return everybody if handler is None else everybody(handler)


def public(handler: Handler | None = None, **options: Any) -> Any:
    """Let anyone send the event, signed in or not; with or without options of `rx.event`."""
    if handler is None:
        return lambda found: _event(found, Policy(public=True), options)
    return _event(handler, Policy(public=True), options)


def policy_of(handler: Handler) -> Policy | None:
    """The policy of a handler function, or None when it has none and must be refused."""
    found = getattr(handler, MARK, None)
    return found if isinstance(found, Policy) else None
