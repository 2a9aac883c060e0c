"""What ingest learns of a device before it knows whose it is: the rows of the two doors."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device as ingest needs it. `seen_at` is when it was last heard of before now."""

    id: UUID
    org_id: UUID
    farm_id: UUID | None
    disabled: bool
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The device an upload key belongs to."""

    id: UUID
    code: str
    org_id: UUID
    farm_id: UUID | None
    disabled: bool
    key_id: UUID
