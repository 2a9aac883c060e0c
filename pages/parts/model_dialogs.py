"""What is asked before anything about models is switched, and the form that registers one."""

import reflex as rx

from components.buttons import button
from components.widgets.dialog.dialog import confirm_dialog, dialog, dialog_actions
from components.widgets.model_upload.model_upload import model_upload
from state.models import ModelsState as State


def _canary() -> rx.Component:
    slider = rx.el.label(
        rx.el.span(
            "Share of the captures",
            rx.el.output(State.share, " %", class_name="figures font-semibold"),
            class_name="mb-1 flex justify-between text-sm",
        ),
        rx.el.input(
            type="range",
            name="share",
            min="1",
            max="100",
            default_value=State.share,
            on_change=State.slide,
            class_name="h-11 w-full",
            custom_attrs={"aria-label": "Share of the captures, percent"},
        ),
    )
    return dialog(
        rx.el.p(
            "The captures are drawn by a hash of their id: the same capture always meets the same model. The canary"
            " ends by itself when its errors or abstentions are clearly worse than the champion's.",
            class_name="mb-4 text-sm text-muted",
        ),
        rx.el.form(
            slider,
            dialog_actions(
                button("Cancel", on_click=State.close_model_dialog),
                button("Start the canary", kind="primary", type="submit"),
            ),
            on_submit=State.send_canary,
        ),
        shown=State.model_dialog == "canary",
        title="Try " + State.chosen + " as canary",
        on_close=State.close_model_dialog,
    )


def _register() -> rx.Component:
    return dialog(
        rx.el.p(
            "Choose model.onnx, config.json, metadata.json and card.md. Every file is compared with the sha256 that"
            " metadata.json names, and a worker tries the model before it may grade. Code is not taken:"
            " preprocessing.py is the one that was shipped with the product.",
            class_name="mb-4 text-sm text-muted",
        ),
        model_upload(State.registered, State.refresh),
        dialog_actions(button("Cancel", on_click=State.close_model_dialog)),
        shown=State.model_dialog == "register",
        title="Register a model",
        on_close=State.close_model_dialog,
    )


def _confirmations() -> list[rx.Component]:
    chosen = State.chosen
    return [
        confirm_dialog(
            shown=State.model_dialog == "champion",
            title="Make " + chosen + " the champion?",
            text="It grades from the next capture on. Earlier results stay. One press returns to the model before.",
            act="Make it champion",
            kind="primary",
            on_confirm=State.crown,
            on_close=State.close_model_dialog,
        ),
        confirm_dialog(
            shown=State.model_dialog == "shadow",
            title="Run " + chosen + " as shadow?",
            text="It grades every capture once more, after the model that counts. Its results never count.",
            act="Run it as shadow",
            kind="primary",
            on_confirm=State.shadow,
            on_close=State.close_model_dialog,
        ),
        confirm_dialog(
            shown=State.model_dialog == "return",
            title="Return to " + chosen + "?",
            text="It grades from the next capture on, in place of the champion of now.",
            act="Return to it",
            kind="primary",
            on_confirm=State.return_to_previous,
            on_close=State.close_model_dialog,
        ),
        *[_end(alias) for alias in ("canary", "shadow")],
    ]


def _end(alias: str) -> rx.Component:
    return confirm_dialog(
        shown=State.model_dialog == f"end-{alias}",
        title=f"End the {alias}?",
        text=State.chosen + f" grades no more captures as {alias}. What it has graded stays.",
        act=f"End the {alias}",
        on_confirm=State.end,
        on_close=State.close_model_dialog,
    )


def model_dialogs() -> rx.Component:
    """All of them; one is open at a time."""
    return rx.fragment(_canary(), _register(), *_confirmations())
