"""Routes of activation codes: admins make and end them, devices that have no key yet show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from backend.core.http import AnonymousUow, Uow, public, require
from backend.core.runtime import runtime
from backend.devices import activation
from backend.devices.models import DeviceActivation
from backend.devices.schemas import Input, Label, Row

router = APIRouter(prefix="/api/v1/device-activations", tags=["Devices"], dependencies=[require("admin")])
door_router = APIRouter(
    prefix="/ingest/activation",
    tags=["Ingest"],
    dependencies=[public("shows an activation code; guesses are limited by address")],
)
Typed = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]


class ActivationIn(Input):
    """A code to make: for how many devices, good for how many days, and whose farm they belong to."""

    slots: Annotated[int, Field(ge=1, le=activation.MOST_SLOTS)]
    days: Annotated[int, Field(ge=1, le=activation.MOST_DAYS)] = 7
    farm_id: UUID | None = None


class ActivationOut(Row):
    """An activation code: how it starts, and how far it is used."""

    id: UUID
    prefix: str
    farm_id: UUID | None
    slots: int
    used: int
    expires_at: datetime
    created_at: datetime
    ended_at: datetime | None


class NewActivationOut(ActivationOut):
    """A new code, in the clear this once."""

    code: str


class DoorIn(Input):
    """What a device shows."""

    activation_code: Typed
    device_code: Annotated[str, Field(min_length=1, max_length=255)]


class ActivateIn(DoorIn):
    """What a device shows to be registered."""

    label: Label | None = None


class OfferOut(Row):
    """Whose the device would become."""

    organization: str
    farm: str | None
    slots_left: int
    expires_at: datetime


class ActivatedOut(Row):
    """The device's own key, in the clear this once, and where it sends its captures."""

    device_code: str
    organization: str
    farm: str | None
    key: str
    upload_url: str


@router.get("", response_model=list[ActivationOut])
async def activations(uow: Uow) -> Sequence[DeviceActivation]:
    """The organisation's newest codes, ended ones too."""
    return await activation.list_codes(uow)


@router.post("", status_code=201, response_model=NewActivationOut)
async def make(uow: Uow, wanted: ActivationIn) -> Any:
    """Make a code. It is shown in this answer and never again."""
    made, code = await activation.make_code(uow, slots=wanted.slots, days=wanted.days, farm_id=wanted.farm_id)
    return {**ActivationOut.model_validate(made).model_dump(), "code": code}


@router.delete("/{activation_id}", status_code=204)
async def end(uow: Uow, activation_id: UUID) -> None:
    """End a code at once. Devices that used it keep their keys."""
    await activation.end_code(uow, activation_id)


@door_router.post("/check", response_model=OfferOut)
async def check(uow: AnonymousUow, shown: DoorIn) -> activation.Offer:
    """What the code would do for the device. Registers nothing."""
    return await activation.check(uow, shown.activation_code, shown.device_code)


@door_router.post("", status_code=201, response_model=ActivatedOut)
async def activate(uow: AnonymousUow, shown: ActivateIn) -> Any:
    """Register the device and give it its key. It is shown in this answer and never again."""
    done = await activation.activate(uow, shown.activation_code, shown.device_code, shown.label)
    upload_url = f"{runtime().settings.public_url}/ingest/captures"
    return ActivatedOut(
        device_code=done.device_code,
        organization=done.organization,
        farm=done.farm,
        key=done.key,
        upload_url=upload_url,
    )
