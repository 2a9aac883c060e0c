"""Every page of the product: its path, who may open it, and what it loads. The application is made from this list.

A route without roles is public. The server refuses a closed page before it is sent, and each handler in `on_load`
carries its own policy besides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.actor import Role
from components.navigation import ADMINS, EVERYONE, STAFF
from pages.admin_announcements import admin_announcements_page
from pages.admin_audit import admin_audit_page
from pages.admin_device import admin_device_page
from pages.admin_devices import admin_devices_page
from pages.admin_ingest import admin_ingest_page
from pages.admin_models import admin_models_page
from pages.admin_people import admin_people_page
from pages.animal import animal_page
from pages.duplicates import duplicates_page
from pages.exports import exports_page
from pages.farm import farm_boundary_page, farm_page
from pages.farms import farms_page
from pages.forgot import forgot_page
from pages.group import group_page
from pages.herd import herd_page
from pages.home import home_page
from pages.imports import imports_page
from pages.login import login_page
from pages.map import map_page
from pages.not_found import not_found_page
from pages.notifications import notifications_page
from pages.profile import profile_page
from pages.register import register_page
from pages.reliability import reliability_page
from pages.reset import invite_page, reset_page
from pages.review import review_page
from pages.scan import scan_page
from pages.scans import scans_page
from pages.session import session_page
from pages.sessions import sessions_page
from pages.setup import setup_page
from pages.unsubscribe import unsubscribe_page
from state.animal import AnimalState
from state.announcements import AnnouncementsState
from state.assumptions import AssumptionsState
from state.audit import AuditState
from state.device import DeviceState
from state.devices import DevicesState
from state.duplicates import DuplicatesState
from state.exports import ExportsState
from state.farm import FarmState
from state.farms import FarmsState
from state.group import GroupState
from state.herd import HerdState
from state.home import HomeState
from state.imports import ImportsState
from state.ingest import IngestState
from state.map import MapState
from state.model_card import ModelCardState
from state.models import ModelsState
from state.notifications import NotificationsState
from state.people import PeopleState
from state.profile import ProfileState, SessionsState, TokensState
from state.reliability import ReliabilityState
from state.review import ReviewState
from state.scan import ScanState
from state.scan_sessions import SessionListState, SessionState
from state.scans import ScansState
from state.selection import SelectionState
from state.tasks import TasksState
from state.views import ViewsState

Page = Callable[[], rx.Component]


@dataclass(frozen=True, slots=True)
class Route:
    """One page. `on_load` handlers run at each visit, after the frame's own."""

    path: str
    page: Page
    title: str
    roles: tuple[Role, ...] = ()
    on_load: tuple[Any, ...] = ()

    @property
    def public(self) -> bool:
        return not self.roles


NO_DIALOGS = (ModelCardState.close_card, AssumptionsState.close_assumptions)
"""A page that is loaded begins without what was open over it the last time."""

ROUTES: tuple[Route, ...] = (
    Route("/login", login_page, "Sign in"),
    Route("/register", register_page, "Request access"),
    Route("/forgot", forgot_page, "Forgotten password"),
    Route("/reset", reset_page, "New password"),
    Route("/invite", invite_page, "Welcome"),
    Route("/setup", setup_page, "Set up"),
    Route("/unsubscribe", unsubscribe_page, "Stop mails"),
    Route("/", home_page, "Home", EVERYONE, (HomeState.load,)),
    Route(
        "/scans",
        scans_page,
        "Scans",
        STAFF,
        (
            ScansState.load,
            SelectionState.settle,
            ScansState.load_choices,
            ViewsState.load_views,
            TasksState.load_tasks,
        ),
    ),
    Route("/scans/[id]", scan_page, "Scan", EVERYONE, (*NO_DIALOGS, ScanState.load)),
    Route("/review", review_page, "Review", STAFF, (ReviewState.load,)),
    Route("/reliability", reliability_page, "Reliability", STAFF, (ReliabilityState.load,)),
    Route("/exports", exports_page, "Exports", STAFF, (ExportsState.load,)),
    Route("/map", map_page, "Map", EVERYONE, (MapState.load,)),
    Route("/farms", farms_page, "Farms", EVERYONE, (FarmsState.load,)),
    Route("/farms/[id]", farm_page, "Farm", EVERYONE, (FarmState.load, TasksState.load_tasks)),
    Route("/farms/[id]/boundary", farm_boundary_page, "Boundary", ADMINS, (FarmState.load,)),
    Route("/admin/devices/[id]", admin_device_page, "Device", ADMINS, (DevicesState.shut_dialogs, DeviceState.load)),
    Route("/sessions", sessions_page, "Scan sessions", STAFF, (SessionListState.load,)),
    Route("/sessions/[id]", session_page, "Scan session", STAFF, (SessionState.load,)),
    Route("/herd/import", imports_page, "Import animals", STAFF, (ImportsState.load, TasksState.load_tasks)),
    Route("/herd/duplicates", duplicates_page, "Duplicates", STAFF, (DuplicatesState.load,)),
    Route("/herd", herd_page, "Herd", EVERYONE, (HerdState.load,)),
    Route("/animals/[id]", animal_page, "Animal", EVERYONE, (AnimalState.load,)),
    Route("/groups/[id]", group_page, "Group", EVERYONE, (GroupState.load,)),
    Route("/admin/devices", admin_devices_page, "Devices", ADMINS, (DevicesState.shut_dialogs, DevicesState.load)),
    Route("/admin/ingest", admin_ingest_page, "Ingest", ADMINS, (IngestState.load,)),
    Route("/admin/models", admin_models_page, "Models", ADMINS, (*NO_DIALOGS, ModelsState.load)),
    Route("/admin/people", admin_people_page, "People", ADMINS, (PeopleState.load,)),
    Route("/admin/audit", admin_audit_page, "Audit log", ADMINS, (AuditState.load,)),
    Route("/admin/announcements", admin_announcements_page, "Announcements", ADMINS, (AnnouncementsState.load,)),
    Route("/notifications", notifications_page, "Notifications", EVERYONE, (NotificationsState.load,)),
    Route("/profile", profile_page, "Profile", EVERYONE, (ProfileState.load, SessionsState.load, TokensState.load)),
    Route("404", not_found_page, "Not found"),
)
