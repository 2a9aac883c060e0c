"""Secrets that are derived instead of kept: refresh tokens and one-time links.

A token is the HMAC of its row's id under the installation's key, and the row keeps the token's hash. Who reads the
database cannot use it, yet the server can say the same token twice: to a second tab, to the admin's screen.
"""

import base64
from uuid import UUID

from backend.core.security import hmac_sha256
from backend.core.settings import Settings

PAGES = {"reset": "/reset", "invite": "/invite", "setup": "/setup"}
REFRESH_PREFIX = "cti_ref_"


def derived_token(settings: Settings, purpose: str, row_id: UUID) -> str:
    """The token of the row `row_id`: 256 bits, URL-safe."""
    digest = hmac_sha256(settings.secret_key, f"{purpose}:".encode() + row_id.bytes)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def refresh_token_of(settings: Settings, row_id: UUID) -> str:
    """The refresh token of the row `row_id`."""
    return REFRESH_PREFIX + derived_token(settings, "refresh", row_id)


def link_of(settings: Settings, purpose: str, row_id: UUID) -> str:
    """The address a person opens to use the one-time token `row_id`."""
    return f"{settings.public_url}{PAGES[purpose]}?token={derived_token(settings, purpose, row_id)}"
