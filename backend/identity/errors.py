"""What can go wrong with who someone is. Codes are part of the API; pages show their own words for them."""

from typing import ClassVar

from backend.core.errors import Conflict, CtiError, Forbidden, Invalid, NotFound, Unauthenticated


class WrongCredentials(Unauthenticated):
    """The same for an unknown address and a wrong password."""

    code, title = "wrong_credentials", "Email or password is wrong"


class WaitingForApproval(Forbidden):
    code, title = "waiting_for_approval", "Your request for access is waiting for approval"


class AccessRefused(Forbidden):
    code, title = "access_refused", "Your request for access was refused"


class AccountDisabled(Forbidden):
    code, title = "account_disabled", "This account has been disabled"


class NoMembership(Forbidden):
    code, title = "no_membership", "This account belongs to no organisation"


class TokenExpired(Unauthenticated):
    """The access token is older than 15 minutes: refresh it and try again."""

    code, title = "token_expired", "The access token has expired"


class RefreshRefused(Unauthenticated):
    code, title = "refresh_refused", "Sign in again"


class RefreshReused(RefreshRefused):
    """A spent refresh token came back: someone holds a copy, so the session is over."""

    code, title = "refresh_reused", "This session was ended because its key was used twice"


class PasswordRefused(Invalid):
    """The new password breaks a rule. Each rule is a class of its own; `errors` lists all that were broken."""

    title = "This password is not good enough"
    sentence: ClassVar[str] = ""


class PasswordShort(PasswordRefused):
    code, sentence = "password_short", "must have at least 12 characters"


class PasswordLong(PasswordRefused):
    code, sentence = "password_long", "must have at most 128 characters"


class PasswordCommon(PasswordRefused):
    code, sentence = "password_common", "is easy to guess: it is made of common words, runs or repetitions"


class PasswordPersonal(PasswordRefused):
    code, sentence = "password_personal", "must not contain your name or email address"


class WrongPassword(Invalid):
    code, title = "wrong_password", "The current password is wrong"


class LinkNotValid(CtiError):
    status, code, title = 410, "link_not_valid", "This link is not valid any more"


class PersonNotFound(NotFound):
    title = "There is no such person"


class RequestNotFound(NotFound):
    title = "There is no such request"


class RequestDecided(Conflict):
    code, title = "request_decided", "This request has already been decided"


class InvitationNotFound(NotFound):
    title = "There is no such invitation"


class InvitationTaken(Conflict):
    code, title = "invitation_taken", "This invitation has been taken up or is over"


class SessionNotFound(NotFound):
    title = "There is no such session"


class TokenNotFound(NotFound):
    title = "There is no such token"


class LastAdmin(Conflict):
    code, title = "last_admin", "An organisation keeps at least one active admin"


class LastOwner(Conflict):
    code, title = "last_owner", "A farm keeps its last owner"


class EmailTaken(Conflict):
    code, title = "email_taken", "This address already has an account"


class SharedAccount(Conflict):
    """The account also belongs to another organisation, or runs the installation."""

    code, title = "shared_account", "This account is not this organisation's alone"
