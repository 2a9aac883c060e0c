"""The demo organisation: a ranch with a farm, two devices and one person a role. Made once, found again afterwards.

Devices' keys and the password are kept in the data directory, because the database keeps only their hashes and the
simulated devices need them at the next start.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from backend.core.actor import Actor, Role
from backend.core.database import UnitOfWork
from backend.core.settings import Settings
from backend.devices import service as devices
from backend.farms import service as farms
from backend.identity import service as identity
from backend.identity.errors import EmailTaken

ORGANISATION = "North Ridge Ranch"
FARM = "North Ridge"
TIME_ZONE = "America/Edmonton"
# A section of land north-west of Red Deer, Alberta: longitude and latitude of its corners.
BOUNDARY = ((-114.0720, 52.4010), (-114.0480, 52.4010), (-114.0480, 52.4155), (-114.0720, 52.4155))
DEVICES: Mapping[str, str] = {"dev-0001": "North barn Pi", "dev-0002": "Pen 7"}
PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the demo can be tried as."""

    email: str
    full_name: str
    role: Role


PEOPLE = (
    Person("admin@demo.example", "Avery Collins", "admin"),
    Person("tech@demo.example", "Rowan Blake", "technician"),
    Person("farmer@demo.example", "Jamie Sorensen", "farmer"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What is needed to try it: one password for everybody, and the devices' keys by code."""

    password: str
    keys: Mapping[str, str]


class Kept:
    """The demo's secrets in the data directory, closed to others."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data_dir / "secrets"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._password = self.folder / "demo_password"
        self.keys_file = self.folder / "demo_device_keys.json"

    def password(self) -> str | None:
        return self._password.read_text().strip() if self._password.exists() else None

    def keep_password(self, password: str) -> None:
        _write(self._password, password)

    def keys(self) -> dict[str, str]:
        return dict(json.loads(self.keys_file.read_text())) if self.keys_file.exists() else {}

    def keep_keys(self, keys: Mapping[str, str]) -> None:
        _write(self.keys_file, json.dumps(keys, indent=1))


async def make_demo(uow: UnitOfWork, settings: Settings) -> Demo:
    """Make what is missing of the demo. As the system. Raises PasswordRefused for a weak `CTI_DEMO_PASSWORD`."""
    kept = Kept(settings)
    home = await identity.default_organization(uow, ORGANISATION)
    await uow.act_as(Actor.system(home.id))
    farm = await _farm(uow)
    password = await _people(uow, farm, settings.demo_password, kept)
    return Demo(password, await _devices(uow, farm, kept))


async def _farm(uow: UnitOfWork) -> farms.FarmRow:
    known = [farm for farm in await farms.list_farms(uow) if farm.name == FARM]
    return known[0] if known else await farms.create_farm(uow, FARM, time_zone=TIME_ZONE, boundary=BOUNDARY)


async def _people(uow: UnitOfWork, farm: farms.FarmRow, wanted: str, kept: Kept) -> str:
    """Make the people who are missing; a password that was changed in the settings is set for everybody."""
    before = kept.password()
    password = wanted or before or secrets.token_urlsafe(PASSWORD_BYTES)
    for person in PEOPLE:
        if not await _made(uow, person, password, farm) and password != before:
            await identity.set_password_for(uow, person.email, password)
    kept.keep_password(password)
    return password


async def _made(uow: UnitOfWork, person: Person, password: str, farm: farms.FarmRow) -> bool:
    try:
        await identity.create_user(
            uow,
            email=person.email,
            role=person.role,
            password=password,
            full_name=person.full_name,
            all_farms=person.role == "admin",
            farm_ids=() if person.role == "admin" else (farm.id,),
        )
    except EmailTaken:
        return False
    return True


async def _devices(uow: UnitOfWork, farm: farms.FarmRow, kept: Kept) -> dict[str, str]:
    """Register the devices that are missing; one whose key we no longer have gets a new one."""
    keys = kept.keys()
    for code, label in DEVICES.items():
        if not await _is_good(uow, code, keys.get(code)):
            keys[code] = await fresh_key(uow, code, label, farm.id)
    kept.keep_keys(keys)
    return {code: keys[code] for code in DEVICES}


async def _is_good(uow: UnitOfWork, code: str, key: str | None) -> bool:
    if key is None:
        return False
    try:
        holder = await devices.key_holder(uow, key)
    except devices.UnknownDeviceKey:
        return False
    except devices.DeviceDisabled:
        return True  # somebody tries what disabling does; the key itself is known
    return holder.code == code


async def fresh_key(uow: UnitOfWork, code: str, label: str | None, farm_id: UUID | None) -> str:
    """A key for a device that is registered if it is not yet; its earlier keys end."""
    try:
        _, key = await devices.register_device(uow, code, farm_id, label)
    except devices.DeviceCodeTaken:
        found = await devices.find_by_code(uow, code)
        _, key = await devices.rotate_key(uow, found.device.id)
    return key


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n")
