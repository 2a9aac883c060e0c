"""What the public pages with longer forms do, so that a mistake is said beside its field and nothing typed is lost.

Signing in, signing out and following a link are plain form posts to the API: the session lives in cookies, and no
state of a browser page is trusted with it.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from backend.core.actor import Actor, Role
from backend.core.errors import CtiError
from backend.identity import service as identity
from state.base import AppState, public

ROLES: tuple[Role, ...] = ("technician", "farmer", "admin")
TYPED_CHARS = 4096


def typed(form: Mapping[str, Any], *names: str) -> dict[str, str]:
    """The named fields of a form as text, cut where no honest input ends."""
    return {name: str(form.get(name) or "")[:TYPED_CHARS] for name in names}


class RegisterState(AppState):
    """A request for access."""

    busy: bool = False
    sent: bool = False
    errors: dict[str, str] = {}

    @public
    async def send(self, form: dict[str, Any]) -> AsyncIterator[None]:
        """Hand the request in. The answer is the same whether the address has an account."""
        self.busy = True
        yield
        try:
            await self._request(typed(form, "full_name", "email", "password", "message"), form.get("role"))
            self.sent, self.errors = True, {}
        except CtiError as error:
            self.errors = self._field_errors(error)
        finally:
            self.busy = False

    async def _request(self, fields: dict[str, str], role: object) -> None:
        wanted: Role = next((known for known in ROLES if known == role), "technician")
        async with self._unit_as(Actor.anonymous()) as uow:
            await identity.request_access(uow, **fields, role=wanted)


class SetupState(AppState):
    """The first administrator and their organisation."""

    busy: bool = False
    ready: bool = False
    errors: dict[str, str] = {}

    @public
    async def send(self, form: dict[str, Any]) -> AsyncIterator[None]:
        """Make the account, by the link of a fresh installation."""
        self.busy = True
        yield
        try:
            fields = typed(form, "token", "email", "full_name", "password", "organization")
            async with self._unit_as(Actor.anonymous()) as uow:
                await identity.set_up(uow, fields.pop("token"), **fields)
            self.ready, self.errors = True, {}
        except CtiError as error:
            self.errors = self._field_errors(error)
        finally:
            self.busy = False
