"""A trend as geometry: readings with their errors, the fitted course with its band, a target and when it is reached.

Numbers in, SVG paths out, so that a page and a report draw the same chart. Values come in the units they are read in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import exp
from typing import Final

from backend.core.axes import Axis, Tick
from backend.herd.fit import Line
from backend.herd.traits import DAY_S, day_of

STEPS: Final = 32
ROOM: Final = 0.08
WEEK_DAYS, MONTH_DAYS, SEASON_DAYS, YEAR_DAYS = 7, 31, 120, 370
CAP: Final = 3.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A reading on the chart; `usable` ones are filled."""

    at: datetime
    value: float
    sd: float = 0.0
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """The course at one time, and one standard deviation below and above it."""

    at: datetime
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Series:
    """All there is to draw of a trait. The course may run on behind the last reading; `reached` is on `target`."""

    marks: Sequence[Mark]
    course: Sequence[Sample] = ()
    target: float | None = None
    reached: datetime | None = None

    def scaled(self, size: float) -> "Series":
        """The same in a unit of `size` of ours."""
        return Series(
            [Mark(one.at, one.value / size, one.sd / size, one.usable) for one in self.marks],
            [Sample(one.at, one.value / size, one.low / size, one.high / size) for one in self.course],
            None if self.target is None else self.target / size,
            self.reached,
        )


HALF_LABEL = 24.0
"""Half of what a month with its year takes: a name stands in the middle under its place."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of the drawing and its margins, in its own units."""

    width: float = 360.0
    height: float = 170.0
    left: float = 34.0
    right: float = 14.0
    top: float = 14.0
    bottom: float = 24.0


@dataclass
class Trend:
    """What to draw, as SVG path data; empty where there is none. Dots are points of no length for a round pen."""

    width: str = ""
    height: str = ""
    dots: str = ""
    open_dots: str = ""
    bars: str = ""
    band: str = ""
    course: str = ""
    ahead: str = ""
    target: str = ""
    target_y: str = ""
    reached_x: str = ""
    reached_y: str = ""
    baseline: str = ""
    left: str = ""
    x_ticks: list[Tick] = field(default_factory=list)
    y_ticks: list[Tick] = field(default_factory=list)


def course_of(line: Line, first: datetime, last: datetime, *, logarithmic: bool) -> list[Sample]:
    """A fitted line from `first` to `last`; that of a logarithm is told in what it is the logarithm of."""
    begin, end = day_of(first), day_of(last)
    days = [begin + (end - begin) * step / STEPS for step in range(STEPS + 1)]
    return [_sample(line, day, logarithmic=logarithmic) for day in days]


def _sample(line: Line, day: float, *, logarithmic: bool) -> Sample:
    value, sd = line.at(day), line.sd_at(day)
    told = [exp(one) if logarithmic else one for one in (value, value - sd, value + sd)]
    return Sample(datetime.fromtimestamp(day * DAY_S, UTC), *told)


def draw(series: Series, frame: Frame | None = None) -> Trend | None:
    """The chart of a series; None where nothing was read."""
    if not series.marks:
        return None
    room = frame or Frame()
    x, y = _across(series, room), _upwards(series, room)
    last = max(mark.at for mark in series.marks)
    trend = Trend(f"{room.width:g}", f"{room.height:g}", left=f"{room.left:g}")
    trend.baseline = f"M{room.left:g} {room.height - room.bottom:g}H{room.width - room.right:g}"
    trend.x_ticks, trend.y_ticks = _date_ticks(x, room.width - HALF_LABEL), y.ticks(4)
    _add_marks(trend, series.marks, x, y)
    _add_course(trend, series.course, last, x, y)
    if series.target is not None:
        _add_target(trend, series, x, y, room)
    return trend


def _across(series: Series, frame: Frame) -> Axis:
    ends = [mark.at for mark in series.marks] + [sample.at for sample in series.course]
    low, high = day_of(min(ends)), day_of(max(ends))
    room = max((high - low) * 0.03, 1.0)
    return Axis(low - room, high + room, frame.left, frame.width - frame.right)


def _upwards(series: Series, frame: Frame) -> Axis:
    values = [edge for mark in series.marks for edge in (mark.value - mark.sd, mark.value + mark.sd)]
    values += [edge for sample in series.course for edge in (sample.low, sample.high)]
    values += [] if series.target is None else [series.target]
    low, high = min(values), max(values)
    room = (high - low) * ROOM or max(abs(high) * ROOM, 1.0)
    floor = 0.0 if low >= 0 > low - room else low - room  # nothing that is measured here is negative
    return Axis(floor, high + room, frame.height - frame.bottom, frame.top)


def _add_marks(trend: Trend, marks: Sequence[Mark], x: Axis, y: Axis) -> None:
    places = [(x.at(day_of(mark.at)), mark) for mark in marks]
    trend.dots = "".join(f"M{place:.1f} {y.at(mark.value):.1f}h0" for place, mark in places if mark.usable)
    trend.open_dots = "".join(f"M{place:.1f} {y.at(mark.value):.1f}h0" for place, mark in places if not mark.usable)
    trend.bars = "".join(_bar(place, mark, y) for place, mark in places if mark.sd > 0)


def _bar(place: float, mark: Mark, y: Axis) -> str:
    top, foot = y.at(mark.value + mark.sd), y.at(mark.value - mark.sd)
    caps = "".join(f"M{place - CAP:.1f} {end:.1f}h{2 * CAP:g}" for end in (top, foot))
    return f"M{place:.1f} {top:.1f}V{foot:.1f}{caps}"


def _add_course(trend: Trend, course: Sequence[Sample], last: datetime, x: Axis, y: Axis) -> None:
    if not course:
        return
    places = [(x.at(day_of(sample.at)), sample) for sample in course]
    upper = [f"{place:.1f} {y.at(sample.high):.1f}" for place, sample in places]
    lower = [f"{place:.1f} {y.at(sample.low):.1f}" for place, sample in reversed(places)]
    trend.band = f"M{'L'.join([*upper, *lower])}Z"
    so_far = [f"{place:.1f} {y.at(sample.value):.1f}" for place, sample in places if sample.at <= last]
    to_come = [f"{place:.1f} {y.at(sample.value):.1f}" for place, sample in places if sample.at > last]
    trend.course = f"M{'L'.join(so_far)}" if so_far else ""
    trend.ahead = f"M{'L'.join([*so_far[-1:], *to_come])}" if to_come else ""


def _add_target(trend: Trend, series: Series, x: Axis, y: Axis, frame: Frame) -> None:
    assert series.target is not None  # noqa: S101 (the caller looked)
    height = y.at(series.target)
    trend.target = f"M{frame.left:g} {height:.1f}H{frame.width - frame.right:g}"
    trend.target_y = f"{height - 5:.1f}"
    if series.reached is not None and x.low <= day_of(series.reached) <= x.high:
        trend.reached_x, trend.reached_y = f"{x.at(day_of(series.reached)):.1f}", f"{height:.1f}"


def _date_ticks(x: Axis, end: float) -> list[Tick]:
    """Days, months or years, by how much time there is to show; none whose name would be cut off at `end`."""
    first = datetime.fromtimestamp(x.low * DAY_S, UTC).date() + timedelta(days=1)
    last = datetime.fromtimestamp(x.high * DAY_S, UTC).date()
    days = (last - first).days
    if days <= SEASON_DAYS / 2:
        step = 1 if days <= WEEK_DAYS else WEEK_DAYS if days <= MONTH_DAYS else 2 * WEEK_DAYS
        dates, form = [first + timedelta(days=ahead) for ahead in range(0, days + 1, step)], "%-d %b"
    else:
        months = 1 if days <= YEAR_DAYS / 2 else 2 if days <= YEAR_DAYS else 6
        dates, form = _months(first, last, months), "%b" if days <= YEAR_DAYS else "%b %Y"
    inside = [one for one in dates if x.low <= _noon(one) <= x.high and x.at(_noon(one)) <= end]
    return [Tick(f"{x.at(_noon(one)):.1f}", f"{one:{form}}") for one in inside]


def _months(first: date, last: date, step: int) -> list[date]:
    """The first days of every `step`-th month from `first` to `last`."""
    begin = first.year * 12 + first.month - 1
    starts = [date(number // 12, number % 12 + 1, 1) for number in range(begin, last.year * 12 + last.month)]
    return [start for start in starts if first <= start <= last and (start.month - 1) % step == 0]


def _noon(day: date) -> float:
    return day_of(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
