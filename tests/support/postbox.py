"""A mail server for tests: real SMTP at this machine's own end, keeping what arrives."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Postbox:
    """Keeps what arrives; refuses as often as told."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refusals: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        self.letters.append(message_from_bytes(envelope.content or b"", policy=policy.default))  # type: ignore[arg-type]
        return "250 kept"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"cti@farm", b"p@ss/word")
    return AuthResult(success=right, handled=right)


@contextmanager
def serving(postbox: Postbox, port: int, **options: Any) -> Iterator[None]:
    controller = Controller(postbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def body(letter: EmailMessage, kind: str = "plain") -> str:
    """The text of a letter, or its `html`."""
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())
