"""The second wall: a default-deny check before every event, whoever queued it.

It binds each state tree to the session that owns it and holds every handler to its policy. The filter on the socket
stands before it, the services' own checks behind it.
"""

import hashlib
from typing import Final

import reflex as rx
from reflex.state import BaseState, StateUpdate
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.event import Event

from backend.core.actor import Actor
from backend.core.errors import Unavailable
from backend.core.logging import get_logger
from backend.identity import service as identity
from cti_app.event_filter import HYDRATE_AND_LOAD
from state.base import AppState, Toast
from state.policy import policy_of

log = get_logger(__name__)

ROOT: Final = "reflex___state____state"
INTERNAL: Final = frozenset(
    {
        HYDRATE_AND_LOAD,
        f"{ROOT}.hydrate",
        f"{ROOT}.set_is_hydrated",
        f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal",
        f"{ROOT}.reflex___state____on_load_internal_state.set_is_hydrated",
    }
)
"""Reflex's own handlers a page cannot live without. The rest of them (setters, browser storage, errors) stay shut."""


def session_hash(actor: Actor | None) -> str:
    """What a state tree remembers of its session: a hash, so that a stored state is no credential; "" for none.

    What an admin sees as somebody else is a tree of its own.
    """
    if actor is None or actor.session_id is None:
        return ""
    seen_as = actor.user_id.bytes if actor.viewer_id is not None and actor.user_id is not None else b""
    return hashlib.sha256(b"state:" + actor.session_id.bytes + seen_as).hexdigest()


def _delta(**values: object) -> StateUpdate:
    """Tell the page without touching the stored state."""
    return StateUpdate(delta={AppState.get_full_name(): {f"{name}{FIELD_MARKER}": v for name, v in values.items()}})


def _refusal(text: str) -> StateUpdate:
    return _delta(toasts=[Toast(id="refused", tone="danger", text=text)])


class Guard(rx.Middleware):
    """Default deny: runs before every event, whether it came from a socket, a chain or a background task."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """None lets the event through; an update refuses it and tells the page why."""
        try:
            actor = await identity.identify(state.router.headers.cookie)
            if not await self._is_bound(state, event.name, session_hash(actor)):
                return _delta(ended=True)
            return self._judge(app, actor, event.name)
        except Unavailable as error:
            # A page that cannot be hydrated starts over: the server then shows one that waits for the service.
            return _delta(ended=True) if event.name == HYDRATE_AND_LOAD else _refusal(error.detail)
        except Exception:
            # A guard that fails must refuse. Raising would queue an error event, which comes here again.
            log.exception("guard_failed", event_name=event.name)
            return _refusal("Something went wrong on our side. It has been logged.")

    async def _is_bound(self, state: BaseState, name: str, session: str) -> bool:
        """Tell whether the tree belongs to `session`; a fresh one is bound, a page's first event may take it over."""
        shell = await state.get_state(AppState)
        if name == HYDRATE_AND_LOAD:
            shell._shell_read_s = None  # noqa: SLF001 (a page that is loaded anew shows what holds now)
        if shell._session_hash == session:  # noqa: SLF001 (kept by the guard, see AppState)
            return True
        if shell._session_hash is not None:  # noqa: SLF001
            if name != HYDRATE_AND_LOAD:
                return False
            state._get_root_state().reset()  # noqa: SLF001 (no public way up)
        shell._session_hash = session  # noqa: SLF001
        return True

    def _judge(self, app: rx.App, actor: Actor | None, name: str) -> StateUpdate | None:
        if name in INTERNAL:
            return None
        policy = policy_of(app._registration_context.event_handlers[name].handler.fn)  # noqa: SLF001
        if policy is None:
            log.error("handler_without_policy", event_name=name)
            return _refusal("This is not allowed.")
        if policy.admits(actor):
            return None
        log.info("event_refused", event_name=name, role=actor.role if actor else "anonymous")
        return _delta(ended=True) if actor is None else _refusal("This is not for your role.")
