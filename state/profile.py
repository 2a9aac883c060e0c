"""One's own account: name and preferences, the password, sessions on other browsers, tokens for scripts."""

from dataclasses import dataclass
from typing import Any, cast

from backend.core.errors import CtiError
from backend.identity import service as identity
from backend.identity.service import SessionRow
from state.auth import typed
from state.base import AppState, signed_in
from state.browsers import browser_words

TOKEN_DAYS = {"30": 30, "90": 90, "365": 365}
SCOPES = {"read": {"read"}, "write": {"read", "write"}, "admin": {"read", "write", "admin"}}
"""What a token may do, by the word of the form."""


@dataclass
class SessionLine:
    """One sign-in, as the list shows it."""

    id: str
    browser: str
    ip: str
    last_seen_at: str
    current: bool


@dataclass
class TokenLine:
    """One token, as the list shows it. `used_at` is empty before its first use."""

    id: str
    name: str
    prefix: str
    scopes: str
    used_at: str
    expires_at: str


def session_line(row: SessionRow) -> SessionLine:
    """A row of the service in the words of the page."""
    return SessionLine(str(row.id), browser_words(row.user_agent), row.ip, row.last_seen_at.isoformat(), row.current)


def token_line(row: Any) -> TokenLine:
    """A token of the service in the words of the page."""
    return TokenLine(
        id=str(row.id),
        name=row.name,
        prefix=row.prefix,
        scopes=", ".join(row.scopes),
        used_at=row.last_used_at.isoformat() if row.last_used_at else "",
        expires_at=row.expires_at.isoformat() if row.expires_at else "",
    )


class ProfileState(AppState):
    """Name, units and time zone; the theme is kept by the shell."""

    full_name: str = ""
    errors: dict[str, str] = {}

    @signed_in
    async def load(self) -> None:
        """Show what is stored."""
        async with self._unit(read_only=True) as uow:
            me = await identity.get_profile(uow)
        self.full_name, self.errors = me.full_name, {}

    @signed_in
    async def save(self, form: dict[str, Any]) -> Any:
        """Store name, units and time zone; mistakes go beside their fields."""
        wanted = typed(form, "full_name", "units", "time_zone")
        try:
            async with self._unit() as uow:
                await identity.update_profile(uow, **cast("dict[str, Any]", wanted))
        except CtiError as error:
            self.errors = self._field_errors(error)
            return None
        self.errors, self.full_name = {}, wanted["full_name"]
        self._say("Your profile is saved.")
        return AppState.load_shell


class PasswordState(AppState):
    """A new password. `turn` counts the changes, so that the page empties its fields after each."""

    turn: int = 0
    errors: dict[str, str] = {}

    @signed_in
    async def change(self, form: dict[str, Any]) -> Any:
        """Set it, which signs out every other browser."""
        fields = typed(form, "current_password", "new_password")
        try:
            async with self._unit() as uow:
                await identity.change_password(uow, fields["current_password"], fields["new_password"])
        except CtiError as error:
            self.errors = self._field_errors(error)
            return None
        self.errors, self.turn = {}, self.turn + 1
        self._say("Your password is changed. Other browsers are signed out.")
        return SessionsState.load


class SessionsState(AppState):
    """Where one is signed in."""

    sessions: list[SessionLine] = []
    has_others: bool = False
    loaded: bool = False

    async def _load(self) -> None:
        async with self._unit(read_only=True) as uow:
            self.sessions = [session_line(row) for row in await identity.list_sessions(uow)]
        self.has_others, self.loaded = len(self.sessions) > 1, True

    @signed_in
    async def load(self) -> None:
        """List the open sessions, the one used last first."""
        await self._load()

    @signed_in
    async def end(self, session_id: str) -> None:
        """Sign out one browser."""
        async with self._unit() as uow:
            await identity.revoke_session(uow, self._id(session_id))
        self._say("That browser is signed out.")
        await self._load()

    @signed_in
    async def end_others(self) -> None:
        """Sign out every browser but this one."""
        async with self._unit() as uow:
            ended = await identity.revoke_other_sessions(uow)
        self._say(f"{ended} other session{'' if ended == 1 else 's'} ended.")
        await self._load()


class TokensState(AppState):
    """Tokens for scripts. A new one is shown once and then only its first letters are known."""

    tokens: list[TokenLine] = []
    loaded: bool = False
    fresh: str = ""
    doomed: str = ""
    errors: dict[str, str] = {}

    async def _load(self) -> None:
        async with self._unit(read_only=True) as uow:
            self.tokens = [token_line(row) for row in await identity.list_tokens(uow)]
        self.loaded = True

    @signed_in
    async def load(self) -> None:
        """List the tokens; one that was just made is not shown a second time."""
        self.fresh, self.doomed = "", ""
        await self._load()

    @signed_in
    async def make(self, form: dict[str, Any]) -> None:
        """Make a token and show it."""
        fields = typed(form, "token_name", "scope", "days")
        scopes = cast("Any", SCOPES.get(fields["scope"], SCOPES["read"]))
        if not (name := fields["token_name"].strip()):
            self.errors = {"token_name": "Say what the token is for"}
            return
        try:
            async with self._unit() as uow:
                made = await identity.create_token(uow, name[:120], scopes, TOKEN_DAYS.get(fields["days"], 90))
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.errors, self.fresh = {}, made.token
        await self._load()

    @signed_in
    def ask(self, token_id: str) -> None:
        """Ask whether this token shall go; an empty id takes the question back."""
        self.doomed = str(token_id)

    @signed_in
    async def revoke(self) -> None:
        """Revoke the token that was asked about."""
        async with self._unit() as uow:
            await identity.revoke_token(uow, self._id(self.doomed))
        self.doomed = ""
        self._say("The token is revoked.")
        await self._load()
