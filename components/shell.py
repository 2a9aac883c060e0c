"""The frame of every page: navigation by role, a header with the way back, the person's menu, the phone's bottom bar.

Navigation for every role is in the page's HTML; the theme shows the entries of the role the server wrote on <html>,
so that the frame is right at the first paint and never jumps.
"""

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx
from reflex.style import color_mode, set_color_mode
from reflex.vars import VarData
from reflex_components_core.el.elements.base import BaseHTML

from backend.core.actor import Role
from components.brand import brand, mark
from components.forms import post_form
from components.icons import icon
from components.navigation import EVERYONE, NAVIGATION, NavEntry, shown_to
from components.pill import count_badge
from components.states import loading_rows
from components.values import Text
from components.widgets.live_bridge.live_bridge import ear
from components.widgets.palette.palette import palette_button
from components.widgets.popover.popover import ITEM, popover
from state.base import BELL, AppState

PATH = rx.Var(
    "place.pathname",
    _var_data=VarData(hooks={"const place = useLocation()": None}, imports={"react-router": "useLocation"}),
).to(str)
"""Where the browser is, known without asking the server: the right entry is marked at the first paint."""
Crumb = tuple[Text, Text]
"""A step on the way to this page: what it is called, where it leads (empty for the page itself)."""

HERE = "text-muted aria-[current=page]:font-semibold aria-[current=page]:text-accent"
SIDE_LINK = (
    f"min-h-10 items-center gap-3 rounded-control px-3 text-sm transition-colors {HERE}"
    " hover:bg-hover hover:text-text aria-[current=page]:bg-accent-tint"
)
THUMB_LINK = "min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-[11px]"
SEGMENT = "flex min-h-11 flex-1 items-center justify-center rounded-md md:pointer-fine:min-h-8"
DOT = (
    "figures absolute -top-1 left-1/2 ml-0.5 min-w-4 rounded-full bg-danger px-1 text-center text-[10px] leading-4"
    " font-bold text-on-danger"
)
END_VIEW = "/api/v1/auth/view/end/form"
SIGN_OUT = "/api/v1/auth/logout/form"


class PlainLink(BaseHTML):
    """The browser's own link: unlike the router's it moves the focus, which is what skipping is for."""

    tag = "a"

    href: rx.Var[str]


def _here(entry: NavEntry) -> Any:
    if entry.path == "/":
        return PATH == "/"
    here: Any = PATH.startswith(entry.path)
    for beginning in entry.within:
        here = here | PATH.startswith(beginning)
    return here


def _current(entry: NavEntry, roles: tuple[Role, ...]) -> dict[str, str | rx.Var[str]]:
    return {"data-for": shown_to(roles), "aria-current": rx.cond(_here(entry), "page", "false")}


def _side_link(entry: NavEntry) -> rx.Component:
    badge = AppState.badges[entry.badge] if entry.badge else ""
    return rx.el.a(
        icon(entry.symbol),
        rx.el.span(entry.label, class_name="grow"),
        rx.cond(badge, count_badge(badge)) if entry.badge else "",
        href=entry.path,
        class_name=SIDE_LINK,
        custom_attrs=_current(entry, entry.roles),
    )


def side_bar() -> rx.Component:
    """Navigation on a desk, with the organisation's name at its foot."""
    return rx.el.nav(
        rx.el.div(brand(), class_name="flex h-14 items-center px-5"),
        rx.el.div(
            *[_side_link(entry) for entry in NAVIGATION],
            class_name="flex grow flex-col gap-0.5 overflow-y-auto px-2.5 py-1",
        ),
        rx.el.div(AppState.org_name, class_name="min-h-12 truncate px-5 py-3.5 text-sm text-muted"),
        class_name="fixed inset-y-0 left-0 z-30 hidden w-53 flex-col border-r border-line bg-surface md:flex",
        custom_attrs={"aria-label": "Main"},
    )


def _counted_icon(entry: NavEntry) -> rx.Component:
    """The entry's icon with its count on it."""
    count = AppState.badges[entry.badge]
    return rx.el.span(
        icon(entry.symbol, size=20),
        rx.cond(count, rx.el.span(count, class_name=DOT)),
        class_name="relative flex",
    )


def _thumb_link(entry: NavEntry) -> rx.Component:
    return rx.el.a(
        _counted_icon(entry) if entry.badge else icon(entry.symbol, size=20),
        entry.label,
        href=entry.path,
        class_name=f"{THUMB_LINK} {HERE}",
        custom_attrs=_current(entry, entry.thumb),
    )


def bottom_bar() -> rx.Component:
    """The phone's bar within the thumb's reach: three places and the menu with everything else."""
    return rx.el.nav(
        *[_thumb_link(entry) for entry in NAVIGATION if entry.thumb],
        rx.el.div(
            popover(
                "more",
                "More",
                rx.fragment(icon("menu", size=20), "More"),
                *[_menu_link(entry) for entry in NAVIGATION if entry.menu],
                *_person_items(),
                button_class=f"flex w-full {THUMB_LINK} text-muted",
                align="end",
                panel="w-64",
            ),
            class_name="flex flex-1",
        ),
        class_name=(
            "fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)]"
            " md:hidden"
        ),
        custom_attrs={"aria-label": "Main"},
    )


def _menu_link(entry: NavEntry) -> rx.Component:
    return rx.el.a(
        icon(entry.symbol),
        entry.label,
        href=entry.path,
        class_name=ITEM.replace("flex ", "", 1),
        custom_attrs={"data-for": shown_to(entry.menu)},
    )


def _theme_choice(mode: Literal["light", "dark", "system"], symbol: str, label: str) -> rx.Component:
    chosen = color_mode == mode
    return rx.el.button(
        icon(symbol),
        rx.el.span(label, class_name="sr-only"),
        type="button",
        title=label,
        on_click=[set_color_mode(mode), AppState.choose_theme(mode)],
        class_name=rx.cond(
            chosen, f"{SEGMENT} bg-surface text-text shadow-sm", f"{SEGMENT} text-muted hover:text-text"
        ),
        custom_attrs={"aria-pressed": rx.cond(chosen, "true", "false")},
    )


def theme_choice() -> rx.Component:
    """Light, dark, or what the device says."""
    return rx.el.div(
        _theme_choice("light", "sun", "Light theme"),
        _theme_choice("dark", "moon", "Dark theme"),
        _theme_choice("system", "monitor", "Theme of the device"),
        class_name="flex gap-0.5 rounded-control bg-neutral-tint p-0.5",
        role="group",
        custom_attrs={"aria-label": "Theme"},
    )


def _person_items() -> list[rx.Component]:
    """Who is signed in, and what concerns only them."""
    return [
        rx.el.div(
            rx.el.div(AppState.display_name, class_name="truncate font-semibold"),
            rx.el.div(AppState.email, class_name="truncate text-xs text-muted"),
            class_name="px-2.5 pt-1.5 pb-2.5",
        ),
        rx.el.a(icon("circle-user-round"), "Profile", href="/profile", class_name=ITEM),
        rx.el.div(theme_choice(), class_name="px-1 py-1.5"),
        post_form(
            rx.el.button(icon("log-out"), "Sign out", type="submit", class_name=ITEM),
            action=SIGN_OUT,
            class_name="mt-1 border-t border-line pt-1",
        ),
    ]


def person_menu() -> rx.Component:
    """The avatar and its menu."""
    return popover(
        "person",
        "Your menu",
        rx.el.span(
            AppState.initials,
            class_name=(
                "flex size-8 items-center justify-center rounded-full bg-accent text-xs font-semibold text-on-accent"
            ),
        ),
        *_person_items(),
        button_class="-mr-1.5 flex size-11 items-center justify-center rounded-full",
        align="end",
        panel="w-64",
    )


def bell() -> rx.Component:
    """The way to what one was told, with how much of it is unread. A farmer's phone has it in its bottom bar."""
    unread = AppState.badges[BELL]
    return rx.el.a(
        rx.el.span("Notifications", class_name="sr-only"),
        rx.el.span(
            icon("bell", size=20),
            rx.cond(unread, rx.el.span(unread, rx.el.span(" unread", class_name="sr-only"), class_name=DOT)),
            class_name="relative flex",
        ),
        href="/notifications",
        title="Notifications",
        class_name=(
            "flex size-11 items-center justify-center rounded-control text-muted hover:bg-hover hover:text-text"
            " [html[data-role=farmer]_&]:max-md:hidden"
        ),
    )


def _crumb(crumb: Crumb, *, last: bool) -> rx.Component:
    label, href = crumb
    if last:
        return rx.el.li(label, class_name="truncate font-semibold", custom_attrs={"aria-current": "page"})
    return rx.el.li(
        rx.el.a(label, href=href, class_name="text-muted hover:text-text"),
        icon("chevron-right", size=14, class_name="text-muted"),
        class_name="hidden items-center gap-1 sm:flex",
    )


def header(crumbs: Sequence[Crumb], *, beside: Any = "", tools: Any = "") -> rx.Component:
    """The line at the top: the way here, what belongs beside it (the live badge), tools, the person's menu."""
    back = crumbs[-2][1] if len(crumbs) > 1 else None
    return rx.el.header(
        rx.el.a(
            icon("chevron-left", size=20),
            href=back,
            class_name="-ml-2 flex size-11 items-center justify-center rounded-control text-muted md:hidden",
            custom_attrs={"aria-label": "Back"},
        )
        if back is not None
        else rx.el.span(mark(), class_name="md:hidden"),
        rx.el.nav(
            rx.el.ol(
                *[_crumb(crumb, last=crumb is crumbs[-1]) for crumb in crumbs],
                class_name="flex min-w-0 items-center gap-1",
            ),
            class_name="min-w-0",
            custom_attrs={"aria-label": "Breadcrumb"},
        ),
        beside,
        rx.el.div(tools, palette_button(), bell(), person_menu(), class_name="ml-auto flex items-center gap-3"),
        class_name=("sticky top-0 z-20 flex h-14 items-center gap-2.5 border-b border-line bg-surface px-4 md:px-5"),
    )


def viewing_note() -> rx.Component:
    """Over the page while an admin looks at it as somebody else: as whom, and the way back."""
    return rx.cond(
        AppState.viewing,
        rx.el.div(
            icon("eye", size=18),
            rx.el.p(
                "You see CTI as ",
                rx.el.strong(AppState.display_name),
                " does. Nothing can be changed. It ends by itself after 15 minutes.",
                class_name="min-w-0 grow basis-56",
            ),
            post_form(
                rx.el.button(
                    "Back to myself",
                    type="submit",
                    class_name="min-h-11 rounded-control px-3 font-semibold underline underline-offset-2",
                ),
                action=END_VIEW,
            ),
            role="status",
            class_name=(
                "flex flex-wrap items-center gap-x-3 border-b border-line bg-warning-tint px-4 py-1 text-sm"
                " text-warning md:px-5"
            ),
        ),
    )


def shell(
    *content: Any, crumbs: Sequence[Crumb], beside: Any = "", tools: Any = "", flush: bool = False, live: bool = True
) -> rx.Component:
    """A page in its frame. `flush` leaves the margins to the page, for what fills the window (an image, a map).

    `live` counts what is unread as it comes.
    """
    margins = "" if flush else "px-4 py-4 md:px-5"
    return rx.el.div(
        PlainLink.create(
            "Skip to content",
            href="#content",
            class_name=(
                "sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-control"
                " focus:bg-accent focus:px-4 focus:py-2 focus:text-on-accent"
            ),
        ),
        side_bar(),
        rx.el.div(
            viewing_note(),
            header(crumbs, beside=beside, tools=tools),
            rx.el.main(
                *content, id="content", tab_index=-1, class_name=f"mx-auto w-full max-w-[1600px] outline-none {margins}"
            ),
            class_name="flex min-h-dvh flex-col pb-16 md:pb-0 md:pl-53",
        ),
        bottom_bar(),
        ear(AppState.count_unread, topics=["notification."]) if live else "",
    )


def loading_shell() -> rx.Component:
    """The frame while a page with a variable address is on its way; nothing for those who are not signed in."""
    return rx.el.div(
        shell(loading_rows(), crumbs=[(" ", "")], live=False),
        class_name="flex-col",
        custom_attrs={"data-for": shown_to(EVERYONE)},
    )
