"""Where one can go, by role. The one list behind the side bar, the phone's bottom bar and the menu."""

from dataclasses import dataclass

from backend.core.actor import Role


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One place. `badge` names a count in `AppState.badges`; `thumb`: who has it on the phone's bottom bar, three each.

    Pages whose addresses begin with one of `within` belong to it.
    """

    label: str
    path: str
    symbol: str
    roles: tuple[Role, ...]
    badge: str = ""
    thumb: tuple[Role, ...] = ()
    within: tuple[str, ...] = ()

    @property
    def menu(self) -> tuple[Role, ...]:
        """Who finds it in the phone's menu."""
        return tuple(role for role in self.roles if role not in self.thumb)


def shown_to(roles: tuple[Role, ...]) -> str:
    """Roles as the theme's `data-for` attribute wants them."""
    return " ".join(roles)


EVERYONE: tuple[Role, ...] = ("admin", "technician", "farmer")
STAFF: tuple[Role, ...] = ("admin", "technician")
ADMINS: tuple[Role, ...] = ("admin",)
TECHNICIANS: tuple[Role, ...] = ("technician",)
FARMERS: tuple[Role, ...] = ("farmer",)

NAVIGATION: tuple[NavEntry, ...] = (
    NavEntry("Home", "/", "house", EVERYONE, thumb=EVERYONE),
    NavEntry("Notifications", "/notifications", "bell", EVERYONE, badge="bell", thumb=FARMERS),
    NavEntry("Scans", "/scans", "scan-line", STAFF, thumb=STAFF),
    NavEntry("Review", "/review", "list-checks", STAFF, thumb=TECHNICIANS),
    NavEntry("Reliability", "/reliability", "scale", STAFF),
    NavEntry("Exports", "/exports", "download", STAFF),
    NavEntry("Farms", "/farms", "land-plot", EVERYONE),
    NavEntry("Map", "/map", "map", EVERYONE),
    NavEntry("Herd", "/herd", "beef", EVERYONE, thumb=FARMERS, within=("/animals", "/groups")),
    NavEntry("Sessions", "/sessions", "clipboard-list", STAFF),
    NavEntry("Devices", "/admin/devices", "radio-tower", ADMINS, thumb=ADMINS),
    NavEntry("Ingest", "/admin/ingest", "inbox", ADMINS, badge="ingest"),
    NavEntry("Models", "/admin/models", "cpu", ADMINS),
    NavEntry("People", "/admin/people", "users", ADMINS, badge="people"),
    NavEntry("Announcements", "/admin/announcements", "megaphone", ADMINS),
    NavEntry("Audit log", "/admin/audit", "scroll-text", ADMINS),
)
