"""One farm: its map, what is on it, its devices and its people; and the page on which its boundary is drawn."""

from typing import Any

import reflex as rx

from components.buttons import button, icon_button, link_button, text_link
from components.cards import card, card_title, fact, facts, figure, figures
from components.forms import checkbox, form_error, option, select_field, text_field
from components.navigation import ADMINS
from components.page import columns, page_header, stack
from components.pill import pill
from components.shell import shell
from components.states import error_state, loading_cards, skeleton
from components.widgets.boundary.boundary import boundary_editor
from components.widgets.dialog.dialog import confirm_dialog, dialog, dialog_actions
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.map.map import farm_map
from components.widgets.when.when import ago
from pages.parts.device_state import device_state_pill
from pages.parts.nothing import for_roles, nothing_here
from pages.parts.target_dialog import target_button, target_dialog
from pages.parts.task_progress import task_progress
from state.farm import FarmState as State

IS_ADMIN = State.role == "admin"
STAFF = {"data-for": "admin technician"}
MAP_FRAME = "h-96 overflow-hidden rounded-card border border-line bg-neutral-tint lg:h-[calc(100dvh-16rem)] lg:min-h-96"
EDITOR_FRAME = "min-h-96 bg-neutral-tint lg:h-[calc(100dvh-3.5rem)]"


def _header() -> rx.Component:
    return page_header(
        State.farm.name,
        rx.cond(State.farm.bounded, State.farm.area, "No boundary yet"),
        rx.el.span(target_button("farm", State.farm.id, State.farm.name), custom_attrs=STAFF),
        rx.cond(
            IS_ADMIN,
            rx.fragment(
                button("Rename", symbol="pencil", on_click=State.open_dialog("rename", "")),
                link_button(
                    rx.cond(State.farm.bounded, "Edit boundary", "Draw boundary"),
                    f"/farms/{State.farm.id}/boundary",
                    kind="primary",
                    symbol="vector-square",
                ),
            ),
        ),
    )


def _numbers() -> rx.Component:
    return figures(
        figure("Animals", State.farm.animals),
        figure("Scans", State.farm.scans, href=f"/map?farm={State.farm.id}"),
        figure("Devices", State.farm.devices),
        figure("Members", State.members_count),
    )


def _device(device: Any) -> rx.Component:
    name = rx.cond(device.label != "", device.label, device.code)
    linked = rx.cond(
        IS_ADMIN, text_link(name, f"/admin/devices/{device.id}"), rx.el.span(name, class_name="font-medium")
    )
    return rx.el.li(
        rx.el.div(
            linked,
            rx.el.div(
                rx.cond(device.last_seen != "", rx.fragment("seen ", ago(device.last_seen)), "never heard of"),
                class_name="text-xs text-muted",
            ),
            class_name="min-w-0 grow",
        ),
        device_state_pill(device.state),
        key=device.id,
        class_name="flex min-h-12 items-center gap-3 border-b border-line py-1.5 last:border-0",
    )


def _devices() -> rx.Component:
    none = rx.el.p(
        "None is assigned here. Captures with a position find this farm by its boundary.",
        class_name="text-sm text-muted",
    )
    listed = rx.el.ul(rx.foreach(State.devices, _device))
    return card(card_title("Devices"), rx.cond(State.devices, listed, none))


def _member(member: Any) -> rx.Component:
    owner = rx.cond(
        IS_ADMIN,
        button(
            rx.cond(member.owner, "Owner", "Make owner"),
            kind="ghost",
            on_click=State.set_owner(member.id, ~member.owner),
            custom_attrs={"aria-pressed": rx.cond(member.owner, "true", "false")},
            class_name=rx.cond(member.owner, "text-accent", ""),
        ),
        rx.cond(member.owner, pill("owner", "accent")),
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(member.name, class_name="truncate font-medium"),
            rx.el.div(member.role, class_name="text-xs text-muted"),
            class_name="min-w-0 grow",
        ),
        owner,
        rx.cond(
            IS_ADMIN,
            icon_button("user-minus", f"Take {member.name} off", on_click=State.open_dialog("remove", member.id)),
        ),
        key=member.id,
        class_name="flex min-h-12 items-center gap-1 border-b border-line py-1 last:border-0",
    )


def _members() -> rx.Component:
    add = rx.cond(IS_ADMIN, button("Add", symbol="user-plus", on_click=State.open_dialog("member", "")))
    none = rx.el.p("Nobody is assigned to this farm alone.", class_name="text-sm text-muted")
    listed = rx.el.ul(rx.foreach(State.members, _member))
    return card(card_title("Members", add), rx.cond(State.members, listed, none))


def _about() -> rx.Component:
    clear = rx.cond(
        IS_ADMIN & State.farm.bounded,
        button(
            "Remove boundary", kind="ghost", on_click=State.open_dialog("clear", ""), class_name="-ml-3.5 !text-danger"
        ),
    )
    area = rx.cond(State.farm.bounded, State.farm.area, "not drawn yet")
    return card(facts(fact("Area", area), fact("Time zone", State.farm.time_zone), fact("Target", State.target)), clear)


def _rename_dialog() -> rx.Component:
    form = rx.el.form(
        form_error(State.errors.get("form", "")),
        text_field(
            "Name",
            "name",
            error=State.errors.get("name", ""),
            default_value=State.farm.name,
            required=True,
            auto_focus=True,
            max_length=120,
        ),
        select_field(
            "Time zone",
            "time_zone",
            rx.foreach(State.zones, lambda zone: option(zone, zone)),
            error=State.errors.get("time_zone", ""),
            default_value=State.farm.time_zone,
        ),
        dialog_actions(button("Cancel", on_click=State.close_dialog), button("Save", kind="primary", type="submit")),
        on_submit=State.rename,
        class_name="flex flex-col gap-2",
    )
    return dialog(form, shown=State.dialog == "rename", title="Rename the farm", on_close=State.close_dialog)


def _member_dialog() -> rx.Component:
    form = rx.el.form(
        form_error(State.errors.get("form", "")),
        select_field(
            "Person",
            "user_id",
            rx.foreach(State.candidates, lambda person: option(person[1], person[0])),
            hint="They see the farm's scans, animals and devices at once.",
            error=State.errors.get("user_id", ""),
        ),
        checkbox("Owner of the farm", "is_owner"),
        dialog_actions(button("Cancel", on_click=State.close_dialog), button("Add", kind="primary", type="submit")),
        on_submit=State.add_member,
        class_name="flex flex-col gap-2",
    )
    nobody = rx.el.p("Everybody of the organisation is on this farm already.", class_name="text-muted")
    return dialog(
        rx.cond(State.candidates, form, nobody),
        shown=State.dialog == "member",
        title="Add a member",
        on_close=State.close_dialog,
    )


def _dialogs() -> rx.Component:
    return rx.fragment(
        _rename_dialog(),
        _member_dialog(),
        target_dialog(State.refresh),
        confirm_dialog(
            shown=State.dialog == "remove",
            title=f"Take {State.chosen.name} off the farm?",
            text="They no longer see its scans and animals, unless they see every farm. What they did stays.",
            act="Take off",
            on_confirm=State.remove_member,
            on_close=State.close_dialog,
        ),
        confirm_dialog(
            shown=State.dialog == "clear",
            title="Remove the boundary?",
            text="Scans keep the farm they have. New captures no longer find it by their position.",
            act="Remove boundary",
            on_confirm=State.clear_boundary,
            on_close=State.close_dialog,
        ),
    )


def _shown() -> rx.Component:
    drawn = farm_map(
        filters=rx.Var.create({"farm_id": State.farm.id}),
        focus=State.farm.id,
        role=State.role,
        version=State.version,
        label=f"Map of {State.farm.name}",
    )
    return rx.fragment(
        _header(),
        rx.cond(IS_ADMIN, task_progress()),
        _numbers(),
        rx.el.div(
            columns(rx.el.div(drawn, class_name=MAP_FRAME), stack(_about(), _devices(), _members())), class_name="mt-4"
        ),
    )


def _loading() -> rx.Component:
    return rx.fragment(skeleton("mb-4 h-9 w-64"), loading_cards(), skeleton("mt-4 h-96"))


def farm_page() -> rx.Component:
    """The farm, or why it is not there."""
    there = rx.cond(State.loaded & (State.farm.id != ""), _shown(), _loading())
    gone = rx.cond(State.farm.id == "", nothing_here("/farms", "To the farms"), error_state(State.problem, State.load))
    return shell(
        rx.cond(State.problem != "", gone, there),
        _dialogs(),
        keys(),
        crumbs=[("Farms", "/farms"), (State.farm.name, "")],
        beside=live_badge(State.refresh, topics=["farm.", "device.", "scan.", "task."], rest_ms=2000),
    )


def farm_boundary_page() -> rx.Component:
    """The editor of the boundary, as large as the window."""
    editor = boundary_editor(
        farm_id=State.farm.id,
        farm_name=State.farm.name,
        on_saved=State.boundary_saved,
        on_leave=State.leave_editor,
    )
    there = rx.el.div(rx.cond(State.loaded & (State.farm.id != ""), editor), class_name=EDITOR_FRAME)
    gone = rx.cond(State.farm.id == "", nothing_here("/farms", "To the farms"), error_state(State.problem, State.load))
    return shell(
        for_roles(ADMINS, rx.cond(State.problem != "", gone, there)),
        keys(),
        crumbs=[("Farms", "/farms"), (State.farm.name, f"/farms/{State.farm.id}"), ("Boundary", "")],
        flush=True,
    )
