"""What the operations routes answer."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The process is up."""

    status: Literal["ok"] = "ok"
    version: str


class CheckOut(BaseModel):
    """One dependency."""

    name: str
    ok: bool
    detail: str = Field("", description="What is wrong, if anything")


class ReadinessOut(BaseModel):
    """Whether the process can serve, and if not, what it lacks."""

    ready: bool
    not_ready: list[str] = Field(description="Names of what is missing; empty when ready")
    warnings: list[str] = Field(description="What is wrong without keeping the process from serving")
    checks: list[CheckOut]


class WorkerOut(BaseModel):
    """A worker process that was heard of lately."""

    name: str
    version: str
    pid: int
    threads: int = Field(description="Jobs it can do at a time")
    busy: int = Field(description="Jobs it is doing now")
    started_at: datetime
    beat_at: datetime
    store_reachable: bool


class StoreOut(BaseModel):
    """Where objects are kept."""

    kind: Literal["folder", "s3"]
    bucket: str
    ok: bool
    detail: str
    free_bytes: int | None = Field(description="Space left on the disk of a folder store")


class VersionsOut(BaseModel):
    """What runs here."""

    cti: str
    python: str
    postgresql: str
    postgis: str
    redis: str


class StatusOut(BaseModel):
    """The state of the installation, as an admin of one organisation may see it."""

    checks: list[CheckOut]
    versions: VersionsOut
    queue_depth: int = Field(description="Nudges waiting; -1 when Redis cannot say")
    overdue_scans: int = Field(description="Scans of the installation whose work is due and unclaimed")
    scans: dict[str, int] = Field(description="The organisation's scans by status")
    workers: list[WorkerOut]
    store: StoreOut
