"""What the public pages say after a form came back: what went wrong (`?error=…`) and what was done (`?done=…`).

All sentences are in the page; the server writes the code on <html> and the theme shows the one that fits. So it
stands there at the first paint, with or without JavaScript.
"""

from collections.abc import Mapping
from typing import Final

import reflex as rx

from components.icons import icon

OTHER: Final = "other"
PROBLEMS: Final[dict[str, str]] = {
    "credentials": "Email or password is wrong.",
    "pending": "An administrator has not approved this account yet.",
    "refused": "This account was not approved. Ask an administrator of your organisation.",
    "disabled": "This account is disabled. Ask an administrator of your organisation.",
    "no_membership": "This account belongs to no organisation. Ask an administrator.",
    "limited": "Too many attempts. Wait a few minutes, then try again.",
    "session": "Your session has ended. Sign in again to go on.",
    "unavailable": "This is not possible at the moment. Try again in a minute.",
    "invalid": "Something in the form is missing or too long. Check it and send it again.",
    "link_not_valid": "This link has been used or is too old. Ask for a new one.",
    "password_short": "The password must have at least 12 characters.",
    "password_long": "The password must have at most 128 characters.",
    "password_common": "This password is easy to guess: it is made of common words, runs or repetitions.",
    "password_personal": "The password must not contain your name or email address.",
    "not_to_be_viewed": "Nobody looks at CTI as this person: they run the installation, or it is yourself.",
    OTHER: "That did not work. Try again.",
}
DONE: Final[dict[str, str]] = {
    "register": "Your request is on its way. You can sign in as soon as an administrator has approved it.",
    "forgot": "If there is an account with this address, a link to set a new password is on its way to it.",
    "reset": "Your password is set. Sign in with it.",
    "unsubscribe": "No more of these mails will come.",
    "setup": "Everything is ready. Sign in with your new account.",
}


def known(code: str, sentences: Mapping[str, str]) -> str:
    """`code` when there is a sentence for it, otherwise the code of the general one; "" stays empty."""
    return code if code in sentences else (OTHER if code and OTHER in sentences else "")


def notes_css() -> str:
    """The rules that show the sentence whose code is on <html>, and put away what `data-until` says."""
    shown = [
        f'html[data-{kind}="{code}"] [data-{kind}-is="{code}"] {{ display: flex; }}\n'
        for kind, sentences in (("error", PROBLEMS), ("done", DONE))
        for code in sentences
    ]
    hidden = [f'html[data-done="{code}"] [data-until="{code}"] {{ display: none; }}\n' for code in DONE]
    return "".join([*shown, *hidden])


def _note(kind: str, code: str, text: str, symbol: str, look: str) -> rx.Component:
    return rx.el.p(
        icon(symbol, class_name="mt-0.5"),
        text,
        role="alert" if kind == "error" else "status",
        class_name=f"mb-4 gap-2 rounded-control px-3 py-2.5 text-sm {look}",
        custom_attrs={f"data-{kind}-is": code},
    )


def notes(*done: str) -> rx.Component:
    """Every sentence on problems, and those for the codes `done`; each is hidden unless its code is the one."""
    return rx.fragment(
        *[_note("error", code, text, "circle-alert", "bg-danger-tint text-danger") for code, text in PROBLEMS.items()],
        *[_note("done", code, DONE[code], "circle-check", "bg-accent-tint text-accent") for code in done],
    )
