"""Many scans graded in the background: how far each batch is, and the dialogs that start and cancel one."""

from typing import Any

import reflex as rx

from components.buttons import button
from components.forms import form_error, option, select_field, text_field
from components.meter import meter
from components.pill import Tone, pill
from components.states import empty_state
from components.table import Column, data_table, two_lines
from components.widgets.dialog.dialog import confirm_dialog, dialog, dialog_actions
from components.widgets.when.when import ago
from state.batch_views import KINDS
from state.grading_words import CERTAINTIES
from state.model_batches import ModelBatchesState as State

STATUSES: dict[str, Tone] = {"running": "info", "paused": "warning", "done": "accent", "cancelled": "neutral"}


def _what(batch: Any) -> rx.Component:
    return two_lines(batch.what, rx.cond(batch.narrowed != "", batch.narrowed, "Every scan"))


def _progress(batch: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(batch.progress, class_name="figures"),
            rx.cond(batch.failed != "", rx.el.span(batch.failed, class_name="text-danger")),
            class_name="flex justify-between gap-3 text-sm",
        ),
        rx.el.div(meter(batch.progress_width), class_name="mt-1"),
        class_name="w-full md:w-48",
    )


def _status(batch: Any) -> rx.Component:
    return rx.match(batch.status, *[(name, pill(name, tone)) for name, tone in STATUSES.items()], pill(batch.status))


def _started(batch: Any) -> rx.Component:
    who = rx.cond(batch.who != "", rx.el.span(" by ", batch.who, class_name="text-muted"))
    return rx.el.span(ago(batch.at), who, class_name="text-sm")


def _deeds(batch: Any) -> rx.Component:
    turn = rx.cond(
        batch.paused,
        button("Go on", symbol="play", on_click=State.resume_batch(batch.id)),
        button("Pause", symbol="pause", on_click=State.pause_batch(batch.id)),
    )
    end = button("Cancel", on_click=State.open_batch_dialog("cancel", batch.id))
    return rx.cond(batch.open, rx.el.div(turn, end, class_name="flex gap-2 md:justify-end"))


COLUMNS = (
    Column("Scans", _what, phone="lead"),
    Column("Model", lambda batch: batch.model),
    Column("Graded", _progress, phone="wide"),
    Column("Status", _status, phone="inline"),
    Column("Started", _started, phone="inline"),
    Column("", _deeds, align="right", phone="wide"),
)


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Scans are graded again, or for the first time, whenever no capture is waiting. Results that are there"
            " stay; what a person read or corrected goes on to count.",
            class_name="max-w-prose text-sm text-muted",
        ),
        button("Grade many", symbol="play", kind="primary", on_click=State.open_batch_dialog("start", "")),
        class_name="mb-3 flex flex-wrap items-end justify-between gap-3",
    )


def model_batches() -> rx.Component:
    """The batches, the newest first."""
    table = data_table(COLUMNS, State.batches, key=lambda batch: batch.id, caption="Scans graded in the background")
    nothing = empty_state(
        "Nothing was graded in the background yet",
        "A new model can grade earlier scans, too: all of them, or those of a farm, a device or some days.",
        symbol="layers",
    )
    return rx.fragment(_head(), rx.cond(State.batches, table, nothing), _start(), _cancel())


def _choice(label: str, name: str, every: str, pairs: Any) -> rx.Component:
    listed = (
        rx.foreach(pairs, lambda pair: option(pair[1], pair[0]))
        if isinstance(pairs, rx.Var)
        else rx.fragment(*[option(text, key) for key, text in pairs])
    )
    return select_field(label, name, [option(every, ""), listed])


def _start() -> rx.Component:
    versions = rx.foreach(
        State.versions,
        lambda version: rx.cond(version.status == "ready", option(version.reference, version.reference)),
    )
    fields = rx.el.div(
        select_field("Which", "kind", [option(text, kind) for kind, text in KINDS.items()]),
        select_field("Model", "model", [option("The model whose turn it is", ""), versions]),
        _choice("Farm", "farm_id", "Every farm", State.farm_options),
        _choice("Device", "device_id", "Every device", State.device_options),
        _choice("Confidence", "certainty", "Any", CERTAINTIES),
        _choice("Graded by", "graded_by", "Anybody", State.model_options),
        text_field("First day", "first_day", kind="date"),
        text_field("Last day", "last_day", kind="date"),
        class_name="grid gap-x-3 sm:grid-cols-2",
    )
    return dialog(
        rx.el.form(
            form_error(State.batch_errors.get("form", "")),
            fields,
            dialog_actions(
                button("Cancel", on_click=State.close_batch_dialog),
                button("Grade them", kind="primary", type="submit"),
            ),
            on_submit=State.start_batch,
        ),
        shown=State.batch_dialog == "start",
        title="Grade many scans",
        on_close=State.close_batch_dialog,
        wide=True,
    )


def _cancel() -> rx.Component:
    return confirm_dialog(
        shown=State.batch_dialog == "cancel",
        title="Cancel the rest?",
        text="What has been graded stays. The rest is not graded, and cannot be taken up again.",
        act="Cancel the rest",
        on_confirm=State.cancel_batch,
        on_close=State.close_batch_dialog,
    )
