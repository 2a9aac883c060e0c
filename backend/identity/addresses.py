"""Email addresses and names as they are stored: checked once here, whichever door they came through."""

from email_validator import EmailNotValidError, validate_email

from backend.core.errors import Invalid

EMAIL_CHARS = 254
NAME_CHARS = 120


def clean_email(typed: str) -> str:
    """The address in lower case; raises Invalid. Whether it can receive mail is not asked."""
    try:
        found = validate_email(typed.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise Invalid(errors=[{"path": "email", "message": f"is not an email address: {error}"}]) from error
    return found.normalized.lower()


def clean_name(typed: str, path: str = "full_name") -> str:
    """A name on one line without control characters; raises Invalid when none or too much is left."""
    name = " ".join(typed.split())
    if not name or len(name) > NAME_CHARS or not name.isprintable():
        raise Invalid(errors=[{"path": path, "message": f"must be a name of 1 to {NAME_CHARS} characters"}])
    return name
