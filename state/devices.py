"""The admin page of devices: the list with what each device is doing, and what an admin does to one of them.

One dialog is open at a time; `dialog` says which, `chosen` for which device.
"""

from dataclasses import dataclass
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.errors import CtiError
from backend.core.runtime import runtime
from backend.devices import service as devices
from backend.devices import silence
from backend.devices.models import DeviceKey
from backend.devices.service import DeviceChange, DeviceView
from backend.farms import service as farms
from state import address, words
from state.base import AppState, allow
from state.loading import Loading

PATH = "/admin/devices"
CLOCK_FINE_S = 60
OF_NO_DEVICE = ("register", "silence")
DIALOGS = (*OF_NO_DEVICE, "edit", "keys", "rotate", "disable", "enable")


@dataclass
class DeviceRow:
    """A device as the table shows it. `state` is active, silent, disabled, new (never heard of) or unregistered."""

    id: str = ""
    code: str = ""
    label: str = ""
    farm_id: str = ""
    farm: str = ""
    last_seen: str = ""
    last_upload: str = ""
    captures: str = ""
    refused: str = ""
    any_refused: bool = False
    clock: str = ""
    clock_off: bool = False
    version: str = ""
    state: str = ""


@dataclass
class KeyRow:
    """An upload key: how it starts, and what became of it."""

    id: str
    prefix: str
    made: str
    used: str
    revoked: str


def row_of(view: DeviceView) -> DeviceRow:
    """A row of the table."""
    device = view.device
    return DeviceRow(
        id=str(device.id),
        code=device.device_code,
        label=device.label or "",
        farm_id=str(device.farm_id or ""),
        farm=view.farm_name or "",
        last_seen=words.instant(device.last_seen_at),
        last_upload=words.instant(device.last_upload_at),
        captures=words.count(device.captures_count),
        refused=words.count(device.refused_count),
        any_refused=device.refused_count > 0,
        clock=words.signed_seconds(device.clock_offset_s),
        clock_off=abs(device.clock_offset_s or 0) > CLOCK_FINE_S,
        version=device.app_version or words.DASH,
        state=devices.state_of(view),
    )


def key_row(key: DeviceKey) -> KeyRow:
    """A key as lists show it."""
    made, used, revoked = (words.instant(at) for at in (key.created_at, key.last_used_at, key.revoked_at))
    return KeyRow(str(key.id), key.prefix, made, used, revoked)


class DevicesState(AppState, Loading):
    """The list of devices and the dialog over it."""

    rows: list[DeviceRow] = []
    q: str = ""
    older_href: str = ""
    newer_href: str = ""
    farm_options: list[list[str]] = []
    silent_after_h: str = ""
    dialog: str = ""
    chosen: DeviceRow = DeviceRow()
    keys: list[KeyRow] = []
    fresh_key: str = ""
    upload_url: str = ""
    errors: dict[str, str] = {}
    _visited: bool = False
    """Whether a page with these dialogs was open before."""

    @allow("admin")
    async def load(self) -> None:
        """Read the page of devices the address names."""
        await self._load()

    @allow("admin")
    async def refresh(self) -> None:
        """Something was heard of a device: read again."""
        await self._load()

    @allow("admin")
    def search(self, text: str) -> EventSpec:
        """Put the text into the address."""
        return rx.redirect(address.href(PATH, {"q": str(text)[: address.MAX_CHARS]}), replace=True)

    @allow("admin")
    async def open_dialog(self, name: str, device_id: str = "") -> None:
        """Open one of the dialogs, for a device where it concerns one."""
        if name not in DIALOGS:
            return
        found = None if name in OF_NO_DEVICE else await self._find(device_id)
        self.errors, self.fresh_key, self.chosen = {}, "", found or DeviceRow()
        self.dialog = name
        if name == "keys":
            await self._load_keys()

    @allow("admin")
    def shut_dialogs(self) -> None:
        """A page begins without what was open over another; on the first, a quick hand may have opened one already."""
        if self._visited:
            self.dialog, self.fresh_key, self.errors = "", "", {}
        self._visited = True

    @allow("admin")
    async def save_silence(self, form: dict[str, str]) -> None:
        """Set after how many hours without a word a device counts as silent."""
        try:
            async with self._unit() as uow:
                await silence.change_after_h(uow, whole_number(form.get("silent_after_h")))
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self._say("Saved. Devices with a threshold of their own keep it.")
        await self.close_dialog()

    @allow("admin")
    async def close_dialog(self) -> None:
        """Close the dialog; a key that was shown is gone for good."""
        self.dialog, self.fresh_key, self.errors = "", "", {}
        await self._load()

    @allow("admin")
    async def register(self, form: dict[str, str]) -> None:
        """Register a device and show its key, this once."""
        code, label = str(form.get("code", "")).strip(), str(form.get("label", ""))
        try:
            async with self._unit() as uow:
                farm_id = _identifier(form.get("farm_id"))
                device, key = await devices.register_device(uow, code, farm_id, label)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self._show_key(DeviceRow(id=str(device.id), code=device.device_code), key)

    @allow("admin")
    async def save(self, form: dict[str, str]) -> None:
        """Store a device's label and farm."""
        farm_id = _identifier(form.get("farm_id"))
        change = DeviceChange(label=str(form.get("label", "")), farm_id=farm_id, no_farm=farm_id is None)
        try:
            await self._change(change, f"{self.chosen.code} saved.")
        except CtiError as error:
            self.errors = self._field_errors(error)

    @allow("admin")
    async def rotate(self) -> None:
        """End every key of the device and show a new one, this once."""
        async with self._unit() as uow:
            _, key = await devices.rotate_key(uow, UUID(self.chosen.id))
        self._show_key(self.chosen, key)

    @allow("admin")
    async def disable(self) -> None:
        """Refuse what the device sends from now on."""
        await self._change(DeviceChange(disabled=True), f"{self.chosen.code} is disabled.")

    @allow("admin")
    async def enable(self) -> None:
        """Accept what the device sends again."""
        await self._change(DeviceChange(disabled=False), f"{self.chosen.code} is enabled.")

    @allow("admin")
    async def revoke(self, key_id: str) -> None:
        """End one key at once."""
        wanted = _identifier(key_id)
        if wanted is None:
            return
        async with self._unit() as uow:
            await devices.revoke_key(uow, UUID(self.chosen.id), wanted)
        self._say("The key no longer works.")
        await self._load_keys()

    async def _load(self) -> None:
        asked = address.parameters(self.router.url.query_parameters, ("q", "cursor"))
        self.q = asked["q"]
        with self._loading():
            async with self._unit(read_only=True) as uow:
                page = await devices.list_devices(uow, cursor=asked["cursor"] or None, q=self.q or None)
                choices = await farms.list_farms(uow)
                self.silent_after_h = str(await silence.after_h(uow))
            self.rows = [row_of(view) for view in page.items]
            self.farm_options = [[str(farm.id), farm.name] for farm in choices]
            self.older_href = self._turn(page.next_cursor)
            self.newer_href = self._turn(page.prev_cursor)

    async def _change(self, change: DeviceChange, said: str) -> None:
        async with self._unit() as uow:
            await devices.update_device(uow, UUID(self.chosen.id), change)
        self._say(said)
        self.dialog, self.errors = "", {}
        await self._load()

    async def _find(self, device_id: str) -> DeviceRow:
        """The device a dialog is about, whichever page asks. Raises DeviceNotFound."""
        async with self._unit(read_only=True) as uow:
            return row_of(await devices.get_device(uow, self._id(device_id)))

    async def _load_keys(self) -> None:
        async with self._unit(read_only=True) as uow:
            found = await devices.list_keys(uow, UUID(self.chosen.id))
        self.keys = [key_row(key) for key in found]

    def _show_key(self, device: DeviceRow, key: str) -> None:
        self.chosen, self.fresh_key, self.dialog, self.errors = device, key, "key", {}
        self.upload_url = f"{runtime().settings.public_url}/ingest/captures"

    def _turn(self, cursor: str | None) -> str:
        return address.href(PATH, {"q": self.q, "cursor": cursor}) if cursor else ""


def whole_number(text: object) -> int:
    """The number in a form field, 0 for nonsense: no threshold of ours is."""
    bare = str(text).strip()
    return int(bare) if bare.isdecimal() and len(bare) < 6 else 0  # noqa: PLR2004 (more digits than a year has hours)


def _identifier(text: object) -> UUID | None:
    """The identifier in a form field, None for none and for nonsense."""
    try:
        return UUID(str(text))
    except ValueError:
        return None
