"""What the device routes take and give."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backend.devices.bulk import MOST_CHARS
from backend.devices.service import LABEL_CHARS, DeviceChange, DeviceView
from backend.devices.silence import LEAST_AFTER_H, MOST_AFTER_H

Label = Annotated[str, Field(max_length=LABEL_CHARS)]


class Input(BaseModel):
    """An input: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Row(BaseModel):
    """An output, read from the attributes of a service's result."""

    model_config = ConfigDict(from_attributes=True)


class DeviceIn(Input):
    """A device to register. The code becomes part of every key of its captures."""

    code: str = Field(min_length=1, max_length=255)
    label: Label | None = None
    farm_id: UUID | None = None


class DeviceChangeIn(Input):
    """What to change; what is left out stays.

    A farm of null takes the device out of its farm, a threshold of null goes back to the organisation's, a snooze of
    null ends it.
    """

    label: Label | None = None
    farm_id: UUID | None = None
    disabled: bool | None = None
    silent_after_h: Annotated[int, Field(ge=LEAST_AFTER_H, le=MOST_AFTER_H)] | None = None
    snoozed_until: AwareDatetime | None = None

    def asked(self) -> DeviceChange:
        """The same as the service takes it."""
        given = self.model_fields_set
        return DeviceChange(
            label=self.label,
            farm_id=self.farm_id,
            no_farm="farm_id" in given and self.farm_id is None,
            disabled=self.disabled,
            silent_after_h=(self.silent_after_h or 0) if "silent_after_h" in given else None,
            snoozed_until=self.snoozed_until,
            awake="snoozed_until" in given and self.snoozed_until is None,
        )


class SilenceOut(BaseModel):
    """After how many hours without a word a device of the organisation counts as silent."""

    silent_after_h: int


class SilenceIn(Input):
    silent_after_h: Annotated[int, Field(ge=LEAST_AFTER_H, le=MOST_AFTER_H)]


class BulkIn(Input):
    """A list of devices: a line each with code, label and farm, parted by commas, semicolons or tabs."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_CHARS)]


class BulkLineOut(Row):
    """What would become of a line; an empty `problem` means that it can be registered."""

    number: int
    code: str
    label: str
    farm: str
    farm_id: UUID | None
    problem: str


class NewBulkKeyOut(Row):
    """A device just registered: `key` is shown in this answer and never again."""

    code: str
    label: str
    farm: str
    key: str


class DeviceOut(Row):
    """A device with what it last told of itself."""

    id: UUID
    device_code: str
    label: str | None
    farm_id: UUID | None
    farm_name: str | None
    registered: bool = Field(description="False for one that made first contact by itself")
    disabled_at: datetime | None
    silent: bool = Field(description="Heard of before, but not for as long as its threshold says")
    silent_after_h: int | None = Field(description="Its own threshold in hours; none: the organisation's")
    snoozed_until: datetime | None = Field(description="Until when its silence is of no interest")
    last_seen_at: datetime | None
    last_upload_at: datetime | None
    captures_count: int
    refused_count: int
    app_version: str | None
    pi_os: str | None
    clock_offset_s: float | None = Field(description="How far its clock is ahead of the server's, in seconds")
    created_at: datetime

    @classmethod
    def of(cls, view: DeviceView) -> "DeviceOut":
        return cls.model_validate({**view.device.model_dump(), "farm_name": view.farm_name, "silent": view.silent})


class DevicePageOut(BaseModel):
    items: list[DeviceOut]
    next_cursor: str | None
    prev_cursor: str | None


class KeyOut(Row):
    """An upload key. Only its beginning can be shown."""

    id: UUID
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A key just made: `key` is shown in this answer and never again."""

    key: str


class NewDeviceOut(DeviceOut):
    """A device just registered: `key` is shown in this answer and never again."""

    key: str


class DeviceDayOut(Row):
    """What one UTC day brought from a device."""

    day: date
    captures: int
    refused: int
