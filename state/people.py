"""The admin page of people: who asks to be let in, who is in with which role and farms, links no mail has carried.

One dialog is open at a time; `dialog` says which, `chosen` for whom.
"""

from dataclasses import dataclass, field
from typing import cast, get_args
from uuid import UUID

from backend.core.actor import Role
from backend.core.errors import CtiError
from backend.farms import service as farms
from backend.identity import service as identity
from backend.identity.service import Invitation, Member, OpenLink, RequestRow
from state import address, words
from state.base import AppState, allow
from state.loading import Loading
from state.profile import SessionLine, session_line

PATH = "/admin/people"
DIALOGS = ("approve", "refuse", "invite", "change", "disable", "enable")
"""Those that open without asking the server anything first."""
PURPOSES = {"reset": "Choose a new password", "invite": "Join", "setup": "First sign-in"}
FARM_FIELD = "farm:"


@dataclass
class Person:
    """Someone who asks or someone who is in: `id` is the request's or the person's."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = "technician"
    since: str = ""
    message: str = ""
    farms: str = ""
    farm_ids: list[str] = field(default_factory=list)
    all_farms: bool = True
    status: str = ""


@dataclass
class Link:
    """A link that waits until an admin hands it over."""

    name: str
    purpose: str
    link: str
    expires: str


@dataclass
class Invited:
    """Somebody who was invited and has not come yet."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    expires: str = ""
    expired: bool = False


def invited(invitation: Invitation) -> Invited:
    """An open invitation as its line shows it."""
    return Invited(
        id=str(invitation.id),
        name=invitation.full_name or invitation.email,
        email=invitation.email,
        role=invitation.role,
        expires=words.instant(invitation.expires_at),
        expired=invitation.expired,
    )


def asking(request: RequestRow) -> Person:
    """A request as a card shows it."""
    return Person(
        id=str(request.id),
        name=request.full_name or request.email,
        email=request.email,
        role=request.requested_role,
        since=words.instant(request.created_at),
        message=request.message,
    )


def member_row(member: Member, names: dict[UUID, str]) -> Person:
    """A member as the table shows them; `names` are the organisation's farms."""
    known = sorted(names[farm_id] for farm_id in member.farm_ids if farm_id in names)
    return Person(
        id=str(member.id),
        name=member.full_name or member.email,
        email=member.email,
        role=member.role,
        since=words.instant(member.created_at),
        farms="All farms" if member.all_farms else ", ".join(known) or "No farm yet",
        farm_ids=[f"{FARM_FIELD}{farm_id}" for farm_id in member.farm_ids],
        all_farms=member.all_farms,
        status=member.status,
    )


def link_row(link: OpenLink) -> Link:
    """An open link as its card shows it."""
    purpose = PURPOSES.get(link.purpose, link.purpose)
    return Link(link.full_name or link.email, purpose, link.link, words.instant(link.expires_at))


@dataclass(frozen=True)
class Grant:
    """What a form grants: a role, and where it holds."""

    role: Role
    all_farms: bool
    farm_ids: list[UUID]


def grant_of(form: dict[str, object]) -> Grant:
    """Read role and farms from a form; an unknown role is the least one."""
    role = str(form.get("role", ""))
    chosen = [key.removeprefix(FARM_FIELD) for key, ticked in form.items() if key.startswith(FARM_FIELD) and ticked]
    return Grant(
        role=cast("Role", role if role in get_args(Role) else "farmer"),
        all_farms=str(form.get("scope", "all")) == "all",
        farm_ids=[UUID(text) for text in chosen],
    )


class PeopleState(AppState, Loading):
    """Requests, members, links, and the dialog over them."""

    requests: list[Person] = []
    asking: str = ""
    members: list[Person] = []
    invitations: list[Invited] = []
    withdrawn: Invited = Invited()
    sessions: list[SessionLine] = []
    links: list[Link] = []
    farm_options: list[list[str]] = []
    older_href: str = ""
    newer_href: str = ""
    dialog: str = ""
    chosen: Person = Person()
    scope: str = "all"
    errors: dict[str, str] = {}

    @allow("admin")
    async def load(self) -> None:
        """Read everything the page shows."""
        await self._load()

    @allow("admin")
    async def refresh(self) -> None:
        """Somebody asked for access: read again."""
        await self._load()

    @allow("admin")
    def open_dialog(self, name: str, person_id: str = "") -> None:
        """Open one of the dialogs, for a person where it concerns one."""
        found = next((person for person in [*self.requests, *self.members] if person.id == person_id), None)
        if name in DIALOGS and (found is not None or name == "invite"):
            self.chosen, self.errors, self.dialog = found or Person(), {}, name
            self.scope = "all" if self.chosen.all_farms else "some"

    @allow("admin")
    def close_dialog(self) -> None:
        """Close the dialog, changing nothing."""
        self.dialog, self.errors = "", {}

    @allow("admin")
    def choose_scope(self, scope: str) -> None:
        """All farms, or some of them: the latter shows the list."""
        self.scope = "all" if scope == "all" else "some"

    @allow("admin")
    async def approve(self, form: dict[str, object]) -> None:
        """Let the person in with the role and farms chosen."""
        try:
            grant = grant_of(form)
            async with self._unit() as uow:
                await identity.approve_request(
                    uow,
                    UUID(self.chosen.id),
                    role=grant.role,
                    all_farms=grant.all_farms,
                    farm_ids=grant.farm_ids,
                )
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done(f"{self.chosen.name} can sign in now.")

    @allow("admin")
    async def refuse(self, form: dict[str, str]) -> None:
        """Turn the person down; they are told the reason."""
        async with self._unit() as uow:
            await identity.refuse_request(uow, UUID(self.chosen.id), str(form.get("reason", "")))
        await self._done(f"{self.chosen.name} was not let in.")

    @allow("admin")
    async def invite(self, form: dict[str, object]) -> None:
        """Add a person and send them a link to choose a password."""
        email, name = str(form.get("email", "")), str(form.get("full_name", ""))
        try:
            grant = grant_of(form)
            async with self._unit() as uow:
                await identity.invite_member(
                    uow,
                    email=email,
                    full_name=name,
                    role=grant.role,
                    all_farms=grant.all_farms,
                    farm_ids=grant.farm_ids,
                )
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done(f"{email} was invited.")

    @allow("admin")
    async def change(self, form: dict[str, object]) -> None:
        """Give the person another role or other farms; it takes effect at once."""
        try:
            grant = grant_of(form)
            async with self._unit() as uow:
                await identity.change_member(
                    uow,
                    UUID(self.chosen.id),
                    role=grant.role,
                    all_farms=grant.all_farms,
                    farm_ids=grant.farm_ids,
                )
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done(f"{self.chosen.name} saved.")

    @allow("admin")
    async def disable(self) -> None:
        """Sign the person out and keep them out."""
        async with self._unit() as uow:
            await identity.change_member(uow, UUID(self.chosen.id), status="disabled")
        await self._done(f"{self.chosen.name} is signed out and cannot sign in.")

    @allow("admin")
    async def enable(self) -> None:
        """Let the person sign in again."""
        async with self._unit() as uow:
            await identity.change_member(uow, UUID(self.chosen.id), status="active")
        await self._done(f"{self.chosen.name} can sign in again.")

    @allow("admin")
    async def resend(self, invitation_id: str) -> None:
        """Send the invitation anew; the link before it ends."""
        async with self._unit() as uow:
            await identity.resend_invitation(uow, self._id(invitation_id))
        await self._done("A fresh invitation is on its way, good for seven days.")

    @allow("admin")
    def ask_withdrawal(self, invitation_id: str) -> None:
        """Ask whether an invitation shall be taken back."""
        found = next((one for one in self.invitations if one.id == str(invitation_id)), None)
        if found is not None:
            self.withdrawn, self.dialog = found, "withdraw"

    @allow("admin")
    async def withdraw(self) -> None:
        """Take the invitation back."""
        async with self._unit() as uow:
            await identity.withdraw_invitation(uow, self._id(self.withdrawn.id))
        await self._done(f"{self.withdrawn.name} is not invited any more.")

    @allow("admin")
    async def show_sessions(self, user_id: str) -> None:
        """Where a person is signed in."""
        self.chosen = next((person for person in self.members if person.id == str(user_id)), Person())
        await self._load_sessions(self._id(user_id))
        self.dialog = "sessions"

    @allow("admin")
    async def end_session(self, session_id: str) -> None:
        """Sign the person out of one browser."""
        async with self._unit() as uow:
            await identity.end_member_session(uow, self._id(self.chosen.id), self._id(session_id))
        await self._load_sessions(self._id(self.chosen.id))

    async def _load_sessions(self, user_id: UUID) -> None:
        async with self._unit(read_only=True) as uow:
            self.sessions = [session_line(row) for row in await identity.list_member_sessions(uow, user_id)]

    async def _load(self) -> None:
        cursor = address.parameters(self.router.url.query_parameters, ["cursor"])["cursor"]
        with self._loading():
            async with self._unit() as uow:
                names = {farm.id: farm.name for farm in await farms.list_farms(uow)}
                self.requests = [asking(request) for request in await identity.list_access_requests(uow)]
                page = await identity.list_members(uow, cursor=cursor or None)
                self.invitations = [invited(one) for one in await identity.list_invitations(uow)]
                self.links = [link_row(link) for link in await identity.open_reset_links(uow)]
            self.asking = words.count(len(self.requests))
            self.badges = {**self.badges, "people": self.asking if self.requests else ""}
            self.members = [member_row(member, names) for member in page.items]
            self.farm_options = [[f"{FARM_FIELD}{farm_id}", name] for farm_id, name in names.items()]
            self.older_href, self.newer_href = _turn(page.next_cursor), _turn(page.prev_cursor)

    async def _done(self, text: str) -> None:
        self._say(text)
        self.dialog, self.errors = "", {}
        await self._load()


def _turn(cursor: str | None) -> str:
    return address.href(PATH, {"cursor": cursor}) if cursor else ""
