"""Sending a report by mail, from the page of the animal or group it is about."""

from typing import Literal

from email_validator import EmailNotValidError, validate_email

from backend.core.errors import CtiError
from backend.reports import service as reports
from state.base import AppState, signed_in

NOTE_CHARS = 1_000
About = Literal["animals", "groups"]
SENDERS = {"animals": reports.mail_animal_report, "groups": reports.mail_group_report}


class ReportMailState(AppState):
    """The form over the page; `about` and `about_id` say what the report is on."""

    mailing: bool = False
    about: str = ""
    about_id: str = ""
    mail_error: str = ""

    @signed_in
    def open_mail(self, about: str, about_id: str) -> None:
        """Ask for the address."""
        if about in SENDERS:
            self.about, self.about_id, self.mailing, self.mail_error = about, str(about_id)[:40], True, ""

    @signed_in
    def close_mail(self) -> None:
        """Send nothing."""
        self.mailing = False

    @signed_in
    async def send(self, form: dict[str, str]) -> None:
        """Send the report in the person's name."""
        send = SENDERS.get(self.about)
        if send is None:
            return
        try:
            to = validate_email(str(form.get("to", "")).strip(), check_deliverability=False).normalized
            async with self._unit() as uow:
                await send(uow, self._id(self.about_id), to, str(form.get("note", ""))[:NOTE_CHARS])
        except EmailNotValidError:
            self.mail_error = "This is no mail address."
            return
        except CtiError as error:
            self.mail_error = error.detail
            return
        self.mailing = False
        self._say(f"The report is on its way to {to}.")
