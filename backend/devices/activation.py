"""Activation codes: an admin makes one for so many devices, and in the barn each device registers itself with it.

A code is twelve characters that cannot be mistaken for each other, about 59 bits; guesses are limited by address. It
opens nothing but the registration of new devices: one that has a key keeps it, and another's code stays another's.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import ascii_uppercase, digits
from typing import Final
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.context import current_request
from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Invalid
from backend.core.http.addresses import network_of
from backend.core.ids import new_id
from backend.core.limiter import Limit
from backend.core.runtime import runtime
from backend.core.security import token_sha256
from backend.devices import repository
from backend.devices.checks import check_code, require_admin
from backend.devices.errors import ActivationEnded, ActivationNotFound, DeviceCodeTaken, NoSlotLeft
from backend.devices.models import DeviceActivation
from backend.devices.service import check_farm, org_of, register_device

LETTERS: Final = "".join(set(digits + ascii_uppercase) - set("01ILOU"))
"""Letters and digits that nobody takes for one another, in any order."""
GROUPS, GROUP_CHARS = 3, 4
MOST_SLOTS, MOST_DAYS = 1000, 90
LISTED = 50
TAKEN: Final = "{} is already in use. Give the device another code, or ask an admin for a new key for the one there is."
GUESSES = Limit("activation", "20 per 15 minutes")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a code would do for a device: whose it would become, on which farm, and how many the code is still for."""

    organization: str
    farm: str | None
    slots_left: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Activated:
    """A device that has registered itself; `key` is shown this once."""

    device_code: str
    organization: str
    farm: str | None
    key: str


def read_code(text: str) -> str:
    """A code as it was typed: case, blanks and dashes do not matter."""
    return "".join(letter for letter in text.upper() if letter in LETTERS)


async def make_code(
    uow: UnitOfWork, *, slots: int, days: int, farm_id: UUID | None = None
) -> tuple[DeviceActivation, str]:
    """Make a code for `slots` devices, good for `days`; returned in the clear this once. Raises Forbidden, Invalid."""
    require_admin(uow)
    _check_range("slots", slots, MOST_SLOTS)
    _check_range("days", days, MOST_DAYS)
    await check_farm(uow, farm_id)
    letters = "".join(secrets.choice(LETTERS) for _ in range(GROUPS * GROUP_CHARS))
    made = DeviceActivation(
        id=new_id(),
        org_id=org_of(uow),
        code_sha256=token_sha256(letters),
        prefix=letters[:GROUP_CHARS],
        farm_id=farm_id,
        slots=slots,
        used=0,
        expires_at=utc_now() + timedelta(days=days),
        created_by=uow.actor.user_id,
        created_at=utc_now(),
    )
    uow.session.add(made)
    await uow.session.flush()
    after = {"starts": made.prefix, "slots": slots, "days": days, "farm_id": farm_id}
    await audit.record(uow, "activation.made", "device_activation", made.id, after=after)
    return made, "-".join(letters[at : at + GROUP_CHARS] for at in range(0, len(letters), GROUP_CHARS))


async def list_codes(uow: UnitOfWork) -> Sequence[DeviceActivation]:
    """The newest codes of the organisation, ended ones too; none can be shown again. Raises Forbidden."""
    require_admin(uow)
    return await repository.activations(uow, org_of(uow), LISTED)


async def end_code(uow: UnitOfWork, activation_id: UUID) -> None:
    """End a code at once; devices that used it keep their keys. Raises Forbidden, ActivationNotFound."""
    require_admin(uow)
    found = await repository.lock_activation(uow, org_of(uow), activation_id)
    if found is None or found.ended_at is not None:
        raise ActivationNotFound
    found.ended_at = utc_now()
    uow.session.add(found)
    await audit.record(uow, "activation.ended", "device_activation", found.id, after={"used": found.used})


async def check(uow: UnitOfWork, activation_code: str, device_code: str) -> Offer:
    """What the code would do for the device; changes nothing.

    Raises Invalid, ActivationNotFound, ActivationEnded, NoSlotLeft, DeviceCodeTaken, TooMany.
    """
    found = await _open(uow, activation_code, device_code)
    if await repository.taken_codes(uow, [device_code]):
        raise DeviceCodeTaken(TAKEN.format(device_code))
    organization, farm = await repository.names_of(uow, found.org_id, found.farm_id)
    return Offer(organization, farm, found.slots - found.used, found.expires_at)


async def activate(uow: UnitOfWork, activation_code: str, device_code: str, label: str | None = None) -> Activated:
    """Register the device under the code's organisation and farm, and issue its key.

    Raises as `check`; two devices that want the last slot get one between them.
    """
    found = await _open(uow, activation_code, device_code)
    try:
        device, key = await register_device(uow, device_code, found.farm_id, label)
    except DeviceCodeTaken:
        raise DeviceCodeTaken(TAKEN.format(device_code)) from None
    found.used += 1
    uow.session.add(found)
    await uow.session.flush()
    after = {"activation_id": found.id, "starts": found.prefix, "slots_left": found.slots - found.used}
    await audit.record(uow, "device.activated", "device", device.id, after=after)
    organization, farm = await repository.names_of(uow, found.org_id, found.farm_id)
    return Activated(device.device_code, organization, farm, key)


async def _open(uow: UnitOfWork, activation_code: str, device_code: str) -> DeviceActivation:
    """The code, locked; the unit of work goes on as its organisation."""
    check_code(device_code)
    sender = network_of(current_request().ip) or "local"
    await runtime().limiter.check(GUESSES, sender)
    owner = await repository.activation_owner(uow, token_sha256(read_code(activation_code)))
    if owner is None:
        await runtime().limiter.hit(GUESSES, sender)
        raise ActivationNotFound("There is no such activation code. Look at it again, or ask an admin for a new one.")
    activation_id, org_id = owner
    await uow.act_as(Actor.system(org_id))
    found = await repository.lock_activation(uow, org_id, activation_id)
    if found is None or found.ended_at is not None or found.expires_at <= utc_now():
        raise ActivationEnded("The activation code is no longer good. Ask an admin for a new one.")
    if found.used >= found.slots:
        raise NoSlotLeft(f"All {found.slots} devices of this activation code are registered. Ask an admin for another.")
    return found


def _check_range(name: str, number: int, most: int) -> None:
    if not 1 <= number <= most:
        message = f"must be from 1 to {most}"
        raise Invalid("Some values are not valid", errors=[FieldError(path=name, message=message)])
