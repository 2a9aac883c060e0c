"""Mail: letters as text and HTML from one template pair, sent over SMTP after the commit, off the request's path.

A letter that could not be sent after three tries is logged with what to do, and whoever queued it is told.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit

import aiosmtplib

from backend.core.database import UnitOfWork
from backend.core.logging import get_logger
from backend.core.runtime import runtime
from backend.core.settings import Settings

TEMPLATES = Path(__file__).with_name("mail_templates")
TIMEOUT_S = 15.0
PAUSES_S = (1.0, 5.0)
"""Between the first, second and third try."""
DEFAULT_PORTS = {"smtp": 587, "smtps": 465}
log = get_logger(__name__)
Failed = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a letter; `mime_type` such as `application/pdf`."""

    file_name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: who gets it, its subject, and the template `name` filled with `values`; `reply_to` gets the answers."""

    to: str
    subject: str
    name: str
    values: dict[str, str]
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server out of `CTI_SMTP_URL`. `smtps` speaks TLS from the start, `smtp` turns to it when offered."""

    host: str
    port: int
    implicit_tls: bool
    username: str | None
    password: str | None


def server_of(smtp_url: str) -> Server:
    """Read smtp[s]://user:password@host:port; user and password may be percent-encoded."""
    parts = urlsplit(smtp_url)
    return Server(
        host=parts.hostname or "localhost",
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        implicit_tls=parts.scheme == "smtps",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


@lru_cache(maxsize=32)
def _template(file_name: str) -> Template:
    return Template((TEMPLATES / file_name).read_text())


def compose(letter: Letter, settings: Settings) -> EmailMessage:
    """The letter as it goes out. A line break in an address or subject raises ValueError."""
    values = {**letter.values, "site": settings.public_url}
    text = _template(f"{letter.name}.txt").substitute(values)
    paragraphs = "".join(f"<p>{_linked(escape(part))}</p>" for part in text.strip().split("\n\n"))
    page = _template("page.html").substitute(
        subject=escape(letter.subject), content=paragraphs, site=escape(values["site"])
    )
    headers: dict[str, str | Address] = {"Reply-To": _address(letter.reply_to)} if letter.reply_to else {}
    made = message(settings, to=letter.to, subject=letter.subject, text=text, html=page, headers=headers)
    for one in letter.attachments:
        kind, _, subtype = one.mime_type.partition("/")
        made.add_attachment(one.data, maintype=kind, subtype=subtype, filename=one.file_name)
    return made


def message(
    settings: Settings,
    *,
    to: str,
    subject: str,
    text: str,
    html: str,
    headers: Mapping[str, str | Address] | None = None,
) -> EmailMessage:
    """A mail of text and HTML from the installation. A line break in any header raises ValueError."""
    made = EmailMessage()
    made["From"] = _address(settings.mail_from)
    made["To"] = _address(to)
    made["Subject"] = subject
    made["Date"] = formatdate(localtime=False)
    made["Message-ID"] = make_msgid(domain=urlsplit(settings.public_url).hostname)
    made["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        made[name] = value
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    return made


def _linked(escaped: str) -> str:
    """Make a paragraph that is nothing but an address clickable, and keep line breaks of the others."""
    if escaped.startswith(("http://", "https://")) and not any(character.isspace() for character in escaped):
        return f'<a href="{escaped}">{escaped}</a>'
    return escaped.replace("\n", "<br>")


def _address(spelled: str) -> Address:
    name, address = parseaddr(spelled)
    if not address or any(character in spelled for character in "\r\n"):
        raise ValueError("not a mail address")
    return Address(display_name=name, addr_spec=address)


async def send(letter: Letter, settings: Settings) -> None:
    """Hand one letter to the SMTP server; raises SMTPException or OSError."""
    await deliver(compose(letter, settings), settings)


async def deliver(made: EmailMessage, settings: Settings) -> None:
    """Hand a message to the SMTP server; raises SMTPException or OSError."""
    server = server_of(settings.smtp_url)
    await aiosmtplib.send(
        made,
        hostname=server.host,
        port=server.port,
        use_tls=server.implicit_tls,
        username=server.username,
        password=server.password,
        # Said in the greeting; asking the resolver for it may take seconds.
        local_hostname=urlsplit(settings.public_url).hostname,
        timeout=TIMEOUT_S,
    )


def send_after_commit(uow: UnitOfWork, letter: Letter, *, failed: Failed | None = None) -> None:
    """Send `letter` once the unit is committed, without making anybody wait. `failed` runs when it cannot be sent.

    The answer a person gets takes the same time whether there was a letter to send or not.
    """

    async def start() -> None:
        opened = runtime()
        opened.run_later(asyncio.create_task(_deliver(letter, opened.settings, failed), name=f"mail-{letter.name}"))

    uow.after_commit(start)


async def settle() -> None:
    """Wait for every letter under way."""
    while runtime().background:
        await asyncio.gather(*runtime().background)


async def _deliver(letter: Letter, settings: Settings, failed: Failed | None) -> None:
    error: Exception | None = None
    for pause_s in (0.0, *PAUSES_S):
        await asyncio.sleep(pause_s)
        try:
            await send(letter, settings)
        except (aiosmtplib.SMTPException, OSError, ValueError) as caught:
            error = caught
            if not may_pass(caught):
                break
        else:
            log.info("mail_sent", letter=letter.name)
            return
    log.error(
        "mail_not_sent",
        letter=letter.name,
        to=letter.to,
        error=str(error),
        what_to_do="Check CTI_SMTP_URL and CTI_MAIL_FROM. Links are shown to admins under Users until they expire.",
    )
    if failed is not None:
        await failed()


def may_pass(error: Exception) -> bool:
    """Tell a passing failure (no connection, 4xx) from one that another try will not mend."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code < 500  # noqa: PLR2004 (SMTP's line between temporary and permanent)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code < 500 for refused in error.recipients)  # noqa: PLR2004 (as above)
    return not isinstance(error, ValueError)
