"""The identity subject's door: what other subjects, pages, the command line and the API call.

The work is done in modules by theme: live (who is asking), sessions, passwords, requests, members, profile.
"""

from backend.identity.expiry import forget_expired
from backend.identity.farm_members import put_on_farm, take_off_farm
from backend.identity.invitations import Invitation, list_invitations, resend_invitation, withdraw_invitation
from backend.identity.live import actor_for_user, authenticate, identify
from backend.identity.member_sessions import end_member_session, list_member_sessions
from backend.identity.members import (
    Member,
    NewMember,
    change_member,
    create_user,
    default_organization,
    find_organization,
    get_member,
    invite_member,
    list_members,
)
from backend.identity.passwords import (
    OpenLink,
    change_password,
    forgot_password,
    open_reset_links,
    reset_password,
    set_password_for,
    set_up,
    setup_link,
)
from backend.identity.profile import (
    NewToken,
    Profile,
    create_token,
    get_profile,
    list_tokens,
    revoke_token,
    time_zones,
    update_profile,
)
from backend.identity.requests import (
    RequestRow,
    approve_request,
    list_access_requests,
    refuse_request,
    request_access,
)
from backend.identity.sessions import (
    SessionRow,
    SignedIn,
    end_session,
    list_sessions,
    refresh,
    revoke_other_sessions,
    revoke_session,
    session_of_refresh_token,
    sign_in,
)
from backend.identity.viewing import begin_view, end_view

__all__ = [
    "Invitation",
    "Member",
    "NewMember",
    "NewToken",
    "OpenLink",
    "Profile",
    "RequestRow",
    "SessionRow",
    "SignedIn",
    "actor_for_user",
    "approve_request",
    "authenticate",
    "begin_view",
    "change_member",
    "change_password",
    "create_token",
    "create_user",
    "default_organization",
    "end_member_session",
    "end_session",
    "end_view",
    "find_organization",
    "forget_expired",
    "forgot_password",
    "get_member",
    "get_profile",
    "identify",
    "invite_member",
    "list_access_requests",
    "list_invitations",
    "list_member_sessions",
    "list_members",
    "list_sessions",
    "list_tokens",
    "open_reset_links",
    "put_on_farm",
    "refresh",
    "refuse_request",
    "request_access",
    "resend_invitation",
    "reset_password",
    "revoke_other_sessions",
    "revoke_session",
    "revoke_token",
    "session_of_refresh_token",
    "set_password_for",
    "set_up",
    "setup_link",
    "sign_in",
    "take_off_farm",
    "time_zones",
    "update_profile",
    "withdraw_invitation",
]
