"""A mail of notifications as it goes out: text and HTML by templates that escape, and the headers that stop it.

Subjects and addresses are set by `EmailMessage`, which refuses line breaks; values have theirs taken out before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from backend.core import mail
from backend.core.settings import Settings
from backend.notifications.channels import NotificationType
from backend.notifications.choices import stop_token
from backend.notifications.mail_repository import Addressee
from backend.notifications.wording import Wording, counted

TEMPLATES = Path(__file__).with_name("mail_templates")
LINES_MOST = 20
SUBJECT_CHARS = 150
STOP_PATH = "/api/v1/notifications/stop"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a mail."""

    type: NotificationType
    wording: Wording


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )


def letter_of(
    settings: Settings, user_id: UUID, addressee: Addressee, lines: Sequence[Line], *, digest: bool
) -> EmailMessage:
    """The message with its headers. A line break in the person's address raises ValueError."""
    types = {line.type for line in lines}
    only = next(iter(types)) if len(types) == 1 and not digest else None
    token = stop_token(settings, user_id, only)
    values = {
        "subject": subject_of(addressee, lines, digest=digest),
        "name": _one_line(addressee.name),
        "email": addressee.email,
        "organization": _one_line(addressee.organization),
        "site": settings.public_url,
        "lines": [line.wording for line in lines[:LINES_MOST]],
        "more": max(0, len(lines) - LINES_MOST),
        "digest": digest,
        "stop_words": "Stop mails of this kind" if only else "Stop all mails",
        "stop_link": f"{settings.public_url}/unsubscribe?token={token}",
    }
    return mail.message(
        settings,
        to=addressee.email,
        subject=str(values["subject"]),
        text=_templates().get_template("notices.txt").render(values),
        html=_templates().get_template("notices.html").render(values),
        headers={
            "List-Unsubscribe": f"<{settings.public_url}{STOP_PATH}?token={token}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def subject_of(addressee: Addressee, lines: Sequence[Line], *, digest: bool) -> str:
    """One line: the one thing there is to say, or how many."""
    if len(lines) == 1 and not digest:
        said = lines[0].wording.headline
    else:
        said = f"{counted(len(lines), 'piece of news', 'pieces of news')} at {_one_line(addressee.organization)}"
    return said[:SUBJECT_CHARS]


def _one_line(value: str) -> str:
    return " ".join(value.split())
