"""What the routes of reports take and give."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, EmailStr, Field

NOTE_CHARS = 1_000


class MailIn(BaseModel):
    """To whom a report goes, and a line of one's own with it."""

    model_config = ConfigDict(extra="forbid")

    to: EmailStr
    note: Annotated[str, Field(max_length=NOTE_CHARS, pattern=r"^[^\x00]*$")] = ""


class MailedOut(BaseModel):
    """It is on its way; whether it arrives is between the mail servers."""

    sent_to: str
