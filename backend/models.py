"""Every table in one import, for migrations and for relationships that cross subjects."""

from backend.announcements.models import Announcement
from backend.audit.models import AuditCheck, AuditEntry, AuditSeal
from backend.core.tables import metadata
from backend.devices.models import Device, DeviceActivation, DeviceKey
from backend.duplicates.models import AnimalMerge
from backend.farms.models import Farm, FarmGeofence
from backend.grading.models import GradingBatch, GradingFailure, GradingRequest, GradingResult
from backend.herd.models import Animal, AnimalMove, AnimalWeight, Group, HerdTarget, HerdVisit
from backend.identity.models import (
    AccessRequest,
    ApiToken,
    Membership,
    MembershipFarm,
    OneTimeToken,
    Organization,
    RefreshToken,
    Role,
    User,
    UserSession,
)
from backend.imports.models import Import, ImportRow
from backend.ingest.models import IngestionLog, Quarantine
from backend.notifications.models import Notification, NotificationChoice
from backend.ops.models import FeatureFlag
from backend.registry.models import ModelAlias, ModelVersion
from backend.reviews.models import ScanReading
from backend.scan_sessions.models import ScanSession, SessionCapture, SessionEntry
from backend.scans.models import Asset, BulkChange, SavedView, Scan, ScanEvent, ScanTotal
from backend.tasks.models import BackgroundTask

__all__ = [
    "AccessRequest",
    "Animal",
    "AnimalMerge",
    "AnimalMove",
    "AnimalWeight",
    "Announcement",
    "ApiToken",
    "Asset",
    "AuditCheck",
    "AuditEntry",
    "AuditSeal",
    "BackgroundTask",
    "BulkChange",
    "Device",
    "DeviceActivation",
    "DeviceKey",
    "Farm",
    "FarmGeofence",
    "FeatureFlag",
    "GradingBatch",
    "GradingFailure",
    "GradingRequest",
    "GradingResult",
    "Group",
    "HerdTarget",
    "HerdVisit",
    "Import",
    "ImportRow",
    "IngestionLog",
    "Membership",
    "MembershipFarm",
    "ModelAlias",
    "ModelVersion",
    "Notification",
    "NotificationChoice",
    "OneTimeToken",
    "Organization",
    "Quarantine",
    "RefreshToken",
    "Role",
    "SavedView",
    "Scan",
    "ScanEvent",
    "ScanReading",
    "ScanSession",
    "ScanTotal",
    "SessionCapture",
    "SessionEntry",
    "User",
    "UserSession",
    "metadata",
]
