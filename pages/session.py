"""One scanning day: how whole it is, the board that matches captures with animals, the sheet in and out."""

import reflex as rx

from components.buttons import button, look
from components.cards import notice
from components.forms import form_error, text_area, text_field
from components.icons import icon
from components.navigation import STAFF
from components.page import page_header
from components.pill import pill
from components.shell import shell
from components.states import error_state, loading_rows
from components.widgets.chute_board.chute_board import chute_board
from components.widgets.dialog.dialog import confirm_dialog, dialog, dialog_actions
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.popover.popover import ITEM, popover
from components.widgets.sheet_upload.sheet_upload import sheet_upload
from pages.parts.actions import action
from pages.parts.nothing import for_roles, nothing_here
from state.scan_sessions import SessionState as State


def _sheet_link(label: str, ending: str) -> rx.Component:
    href = "/api/v1/scan-sessions/" + State.session.id + f"/sheet.{ending}"
    return rx.el.a(icon("download"), label, href=href, reload_document=True, class_name=ITEM)


def _more() -> rx.Component:
    return popover(
        "session-more",
        "More",
        rx.fragment(icon("ellipsis"), "More"),
        rx.cond(State.session.open, action("Import barn sheet", "upload", State.open_dialog("import"))),
        rx.cond(
            State.session.sheet_href != "",
            rx.el.a(icon("undo-2"), "Look at or take back the import", href=State.session.sheet_href, class_name=ITEM),
        ),
        _sheet_link("Barn sheet as Excel", "xlsx"),
        _sheet_link("Barn sheet as CSV", "csv"),
        action("Edit session", "pencil", State.open_dialog("edit")),
        rx.cond(
            State.session.open,
            action("Close session", "lock", State.close_session),
            action("Open again", "lock-open", State.open_again),
        ),
        action("Delete session", "trash-2", State.open_dialog("delete"), danger=True),
        button_class=look("plain"),
        align="end",
        panel="w-60",
    )


def _actions() -> rx.Component:
    doing = rx.fragment(
        button("Add animal", symbol="plus", key="A", on_click=State.open_dialog("line")),
        button("Match", kind="primary", symbol="wand-sparkles", key="M", on_click=State.auto_match),
    )
    return rx.fragment(rx.cond(State.session.open, doing), _more())


def _standing() -> rx.Component:
    session = State.session
    told = rx.el.p(
        rx.cond(session.whole, icon("circle-check", class_name="text-accent"), icon("circle-dashed")),
        session.completeness,
        class_name="mb-3 flex items-center gap-2 text-base font-semibold",
        role="status",
    )
    warned = rx.foreach(session.warnings, lambda text: notice(text, tone="warning", class_name="mb-3"))
    noted = rx.cond(session.notes != "", rx.el.p(session.notes, class_name="mb-3 max-w-prose text-sm text-muted"))
    return rx.fragment(told, warned, noted)


def _line_dialog() -> rx.Component:
    return dialog(
        rx.el.form(
            form_error(State.errors.get("form", "")),
            text_field("Tag", "tag_id", max_length=64, auto_focus=True, error=State.errors.get("tag_id", "")),
            text_field("RFID", "rfid", max_length=64, input_mode="numeric", error=State.errors.get("rfid", "")),
            text_field("Remarks", "remarks", max_length=500, error=State.errors.get("remarks", "")),
            dialog_actions(
                button("Done", on_click=State.open_dialog("")),
                button("Add to the sheet", kind="primary", type="submit"),
            ),
            on_submit=State.add_line,
            reset_on_submit=True,
            class_name="flex flex-col gap-2",
        ),
        shown=State.dialog == "line",
        title="Next animal in the chute",
        on_close=State.open_dialog(""),
    )


def _edit_dialog() -> rx.Component:
    session = State.session
    days = rx.el.div(
        text_field("Day", "held_on", kind="date", default_value=session.held_on, error=State.errors.get("held_on", "")),
        text_field("Last day", "until", kind="date", default_value=session.until, error=State.errors.get("until", "")),
        text_field("Warn beyond days", "span_days", kind="number", default_value=session.span_days, min=1, max=60),
        text_field(
            "Weight not older than days", "weight_days", kind="number", default_value=session.weight_days, min=1, max=60
        ),
        class_name="grid grid-cols-2 gap-3",
    )
    return dialog(
        rx.el.form(
            form_error(State.errors.get("form", "")),
            text_field("Name", "name", default_value=session.name, max_length=120, error=State.errors.get("name", "")),
            days,
            text_area("Notes", "notes", default_value=session.notes, max_length=2000),
            dialog_actions(
                button("Cancel", on_click=State.open_dialog("")), button("Save", kind="primary", type="submit")
            ),
            on_submit=State.save,
            class_name="flex flex-col gap-2",
        ),
        shown=State.dialog == "edit",
        title="Session",
        on_close=State.open_dialog(""),
    )


def _import_dialog() -> rx.Component:
    return dialog(
        rx.el.p(
            "Tag, tattoo, RFID, sex, birth date, scan weight and date, group, diet code, remarks: whatever the sheet"
            " has is read, in chute order. You see every line before it is put on the sheet.",
            class_name="mb-4 text-sm text-muted",
        ),
        sheet_upload("barn_sheet", State.sheet_read, session_id=State.session.id),
        shown=State.dialog == "import",
        title="Import a barn sheet",
        on_close=State.open_dialog(""),
    )


def _delete_dialog() -> rx.Component:
    return confirm_dialog(
        shown=State.dialog == "delete",
        title="Delete this session?",
        text=rx.fragment(
            "Its sheet of ",
            State.session.animals,
            " animals goes, and which capture was matched with whom. Scans and animals stay as they are.",
        ),
        act="Delete session",
        on_confirm=State.delete,
        on_close=State.open_dialog(""),
    )


def _session() -> rx.Component:
    session = State.session
    return rx.fragment(
        page_header(
            session.name,
            rx.el.span(session.farm, " · ", session.days, " ", rx.cond(session.open, "", pill("Closed"))),
            _actions(),
        ),
        _standing(),
        chute_board(session.id, State.version, session.zone, closed=session.closed, on_change=State.matched),
    )


def session_page() -> rx.Component:
    """The session, or the page for what is not there."""
    shown = rx.cond(State.loaded, _session(), loading_rows(4))
    body = rx.cond(State.problem != "", error_state(State.problem, State.load), shown)
    content = rx.fragment(
        rx.cond(State.missing, nothing_here("/sessions", "Back to the sessions"), body),
        _line_dialog(),
        _edit_dialog(),
        _import_dialog(),
        _delete_dialog(),
        keys(),
    )
    return shell(
        for_roles(STAFF, content),
        crumbs=[("Sessions", "/sessions"), (State.session.name, "")],
        beside=live_badge(State.refresh, topics=["session.", "scan.created", "scan.updated"], rest_ms=1000),
    )
