"""One device for an admin: how it is, what it sent day by day, its keys, and when its silence matters."""

from datetime import UTC, date, datetime, time, timedelta

from backend.core.clock import utc_now
from backend.core.errors import CtiError
from backend.devices import service as devices
from backend.devices import silence
from backend.devices.service import DeviceChange, DeviceDay, DeviceView
from backend.ingest.records import Hour
from state import words
from state.base import AppState, allow
from state.devices import DeviceRow, KeyRow, key_row, row_of, whole_number
from state.hours import Bar, bars
from state.loading import Loading

DAYS = 30
LABEL_EVERY = 7


def day_bars(days: list[DeviceDay]) -> list[Bar]:
    """A bar for each day, from the ground up what was stored and above it what was refused."""
    return bars([Hour(_begin(one.day), one.captures, one.refused) for one in days], UTC, "%-d %b")


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def day_words(days: list[DeviceDay]) -> str:
    """The chart in a sentence."""
    stored, refused = sum(one.captures for one in days), sum(one.refused for one in days)
    return f"Captures per day of the last {len(days)} days: {stored:,} in all, {refused:,} refused."


def facts_of(view: DeviceView, organisation_after_h: int) -> list[list[str]]:
    """What it last told of itself."""
    device = view.device
    own = device.silent_after_h
    after = f"{own} h, its own" if own else f"{organisation_after_h} h, as for every device"
    return [
        ["Code", device.device_code],
        ["Farm", view.farm_name or "by position of each capture"],
        ["Captures", words.count(device.captures_count)],
        ["Refused", words.count(device.refused_count)],
        ["Software", device.app_version or words.DASH],
        ["System", device.pi_os or words.DASH],
        ["Clock offset", words.signed_seconds(device.clock_offset_s)],
        ["Silent after", after],
    ]


class DeviceState(AppState, Loading):
    """The device the address names."""

    device: DeviceRow = DeviceRow()
    facts: list[list[str]] = []
    registered: str = ""
    silent_after_h: str = ""
    snoozed_until: str = ""
    snoozed: bool = False
    keys: list[KeyRow] = []
    bars: list[Bar] = []
    labels: list[str] = []
    chart_words: str = ""
    silencing: bool = False
    errors: dict[str, str] = {}

    @allow("admin", supersedes=True)
    async def load(self) -> None:
        """Read the device."""
        self.silencing, self.errors = False, {}
        if self.device.id != self._asked():
            self.loaded, self.device = False, DeviceRow()
        await self._load()

    @allow("admin", supersedes=True)
    async def refresh(self) -> None:
        """Something was heard of it: read again."""
        await self._load()

    @allow("admin")
    def open_silence(self) -> None:
        """Ask when its silence matters."""
        self.silencing, self.errors = True, {}

    @allow("admin")
    def close_silence(self) -> None:
        """Change nothing."""
        self.silencing, self.errors = False, {}

    @allow("admin")
    async def save_silence(self, form: dict[str, str]) -> None:
        """Set its own threshold, none where the field is empty, and until when its silence is of no interest."""
        own, until = str(form.get("silent_after_h", "")).strip(), _day_end(form.get("snoozed_until"))
        hours = whole_number(own) or (-1 if own else 0)
        change = DeviceChange(silent_after_h=hours, snoozed_until=until, awake=until is None)
        try:
            async with self._unit() as uow:
                await devices.update_device(uow, self._id(self.device.id), change)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.silencing = False
        self._say("Saved.")
        await self._load()

    def _asked(self) -> str:
        """The route's own segment."""
        return str(self.id)  # type: ignore[attr-defined]

    async def _load(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                view = await devices.get_device(uow, self._id(self._asked()))
                hours = await silence.after_h(uow)
                days = await devices.activity(uow, view.device.id, DAYS)
                self.keys = [key_row(key) for key in await devices.list_keys(uow, view.device.id)]
            self._show(view, hours, days)

    def _show(self, view: DeviceView, hours: int, days: list[DeviceDay]) -> None:
        device = view.device
        self.device, self.facts = row_of(view), facts_of(view, hours)
        self.registered = words.instant(device.created_at)
        self.silent_after_h = str(device.silent_after_h or "")
        until = device.snoozed_until
        self.snoozed = until is not None and until > utc_now()
        self.snoozed_until = (until - timedelta(days=1)).date().isoformat() if until and self.snoozed else ""
        self.bars, self.chart_words = day_bars(days), day_words(days)
        self.labels = [f"{one.day:%-d %b}" for one in days[::LABEL_EVERY]]


def _day_end(text: object) -> datetime | None:
    """The end of a day a form names, None for none and for nonsense."""
    try:
        return _begin(date.fromisoformat(str(text).strip()) + timedelta(days=1))
    except (ValueError, OverflowError):
        return None
