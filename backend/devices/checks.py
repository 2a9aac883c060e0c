"""Who may manage devices, and what a code and a label may be."""

from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Forbidden, Invalid
from backend.ingest.keys import DEVICE_CODE

LABEL_CHARS = 255


def require_admin(uow: UnitOfWork) -> None:
    """Raise Forbidden unless the asker manages devices."""
    if uow.actor.role not in {"admin", "system"}:
        raise Forbidden("Only an admin may manage devices.")


def check_code(code: str) -> None:
    """Raise Invalid for what is no device code."""
    if not DEVICE_CODE.fullmatch(code):
        message = "must be 1 to 255 of A-Z a-z 0-9 . _ - with no dot in front"
        raise Invalid("The device code is not valid.", errors=[FieldError(path="code", message=message)])


def clean_label(label: str | None) -> str | None:
    """One line of text, or None for nothing."""
    if label is None:
        return None
    bare = " ".join(label.replace("\x00", " ").split())
    if len(bare) > LABEL_CHARS:
        message = f"must have at most {LABEL_CHARS} characters"
        raise Invalid("The label is too long.", errors=[FieldError(path="label", message=message)])
    return bare or None
