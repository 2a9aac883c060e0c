"""People for admins: who asks to be let in, who is in, and the links that wait to be handed over."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.cards import card, card_title
from components.forms import post_form
from components.icons import icon
from components.navigation import ADMINS
from components.page import page_header, stack
from components.pill import Tone, count_badge, pill
from components.problems import notes
from components.shell import shell
from components.states import empty_state, error_state, loading_rows
from components.table import Column, data_table, two_lines
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.popover.popover import ITEM
from components.widgets.when.when import ago, full_time
from pages.parts.actions import action, row_menu
from pages.parts.nothing import for_roles
from pages.parts.people_dialogs import people_dialogs
from pages.parts.turn import turn
from state.people import PeopleState as State

BEGIN_VIEW = "/api/v1/auth/view/form"
ROLE_TONES: dict[str, Tone] = {"admin": "info", "technician": "accent", "farmer": "neutral"}


def _role_pill(role: Any) -> rx.Component:
    return rx.match(role, *[(name, pill(name, tone)) for name, tone in ROLE_TONES.items()], pill(role))


def _request(person: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(person.name, class_name="font-semibold"),
                rx.el.span("asks to be a ", person.role, class_name="text-muted"),
                class_name="flex flex-wrap items-baseline gap-x-1.5",
            ),
            rx.el.div(person.email, " · ", ago(person.since), class_name="text-xs text-muted"),
            rx.cond(person.message != "", rx.el.p(person.message, class_name="mt-1.5 max-w-prose text-sm")),
            class_name="min-w-0 grow",
        ),
        rx.el.div(
            button("Refuse", on_click=State.open_dialog("refuse", person.id)),
            button("Approve", kind="primary", on_click=State.open_dialog("approve", person.id)),
            class_name="flex gap-2",
        ),
        class_name="flex flex-wrap items-center gap-3 border-b border-line py-3 first:pt-0 last:border-0 last:pb-0",
    )


def _requests() -> rx.Component:
    return rx.cond(
        State.requests,
        card(
            card_title("Asking for access", count_badge(State.asking)),
            rx.el.ul(rx.foreach(State.requests, _request)),
        ),
    )


def _link(link: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(link.purpose, ": ", rx.el.span(link.name, class_name="font-semibold")),
            rx.el.div("Works once, until ", full_time(link.expires), class_name="text-xs text-muted"),
            class_name="min-w-0 grow",
        ),
        button("Copy link", symbol="copy", on_click=rx.set_clipboard(link.link)),
        class_name="flex flex-wrap items-center gap-3 border-b border-line py-3 first:pt-0 last:border-0 last:pb-0",
    )


def _links() -> rx.Component:
    return rx.cond(
        State.links,
        card(
            card_title("Links to hand over"),
            rx.el.p(
                "No mail could carry these. Whoever opens one acts as that person.",
                class_name="mb-3 text-sm text-muted",
            ),
            rx.el.ul(rx.foreach(State.links, _link)),
        ),
    )


def _until(expires: Any) -> rx.Component:
    return rx.fragment("until ", full_time(expires))


def _invited(invitation: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(invitation.name, class_name="font-semibold"),
                rx.el.span(" as ", invitation.role, class_name="text-muted"),
                class_name="truncate",
            ),
            rx.el.div(
                invitation.email,
                " · ",
                rx.cond(
                    invitation.expired, "the link is too old", rx.fragment("until ", full_time(invitation.expires))
                ),
                class_name="text-xs break-words text-muted",
            ),
            class_name="min-w-0 grow",
        ),
        rx.el.div(
            button("Withdraw", kind="ghost", on_click=State.ask_withdrawal(invitation.id)),
            button("Send again", symbol="mail", on_click=State.resend(invitation.id)),
            class_name="flex gap-2",
        ),
        key=invitation.id,
        class_name="flex flex-wrap items-center gap-3 border-b border-line py-3 first:pt-0 last:border-0 last:pb-0",
    )


def _invitations() -> rx.Component:
    return rx.cond(
        State.invitations,
        card(
            card_title("Invited, not here yet"),
            rx.el.ul(rx.foreach(State.invitations, _invited), custom_attrs={"aria-label": "Invitations"}),
        ),
    )


def _view_as(person: Any) -> rx.Component:
    """A native form: the session changes, so the whole page is loaded anew."""
    return post_form(
        rx.el.input(type="hidden", name="person_id", value=person.id),
        rx.el.button(icon("eye"), "See CTI as they do", type="submit", class_name=ITEM),
        action=BEGIN_VIEW,
    )


def _status(person: Any) -> rx.Component:
    return rx.match(
        person.status,
        ("active", pill("Active", "accent")),
        ("disabled", pill("Disabled", "danger")),
        pill(person.status),
    )


def _menu(person: Any) -> rx.Component:
    return row_menu(
        person.id,
        f"Actions for {person.name}",
        rx.cond(person.status == "active", _view_as(person)),
        action("Signed in on", "monitor", State.show_sessions(person.id)),
        action("Role and farms", "pencil", State.open_dialog("change", person.id)),
        rx.cond(
            person.status == "disabled",
            action("Enable account", "circle-play", State.open_dialog("enable", person.id)),
            action("Disable account", "circle-pause", State.open_dialog("disable", person.id), danger=True),
        ),
    )


COLUMNS = (
    Column("Person", lambda person: two_lines(person.name, person.email), phone="lead"),
    Column("Role", lambda person: _role_pill(person.role), phone="inline"),
    Column("Farms", lambda person: person.farms, phone="inline"),
    Column("Status", _status, phone="inline"),
    Column("Since", lambda person: ago(person.since), phone="tagged"),
    Column("", _menu, align="right", phone="corner", width="w-12"),
)


def _members() -> rx.Component:
    return rx.cond(
        State.members,
        rx.el.div(
            data_table(COLUMNS, State.members, key=lambda person: person.id, caption="Members of the organisation"),
            turn(State.newer_href, State.older_href, words=("Back", "On")),
        ),
        empty_state("Nobody here", "Invite the first person of your organisation.", symbol="users"),
    )


def admin_people_page() -> rx.Component:
    """Requests first: they wait for an answer."""
    content = rx.fragment(
        page_header(
            "People",
            "Who may see and work the scans",
            button("Invite person", kind="primary", symbol="user-plus", on_click=State.open_dialog("invite", "")),
        ),
        notes(),
        rx.cond(
            State.problem != "",
            error_state(State.problem, State.load),
            rx.cond(State.loaded, stack(_requests(), _invitations(), _links(), _members()), loading_rows()),
        ),
        people_dialogs(),
        keys(),
    )
    return shell(
        for_roles(ADMINS, content),
        crumbs=[("People", "/admin/people")],
        beside=live_badge(State.refresh, topics=["access.", "user."]),
    )
