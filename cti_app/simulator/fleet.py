"""Runs a fleet: each device works through its chute at its own pace and now and then something goes wrong."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from backend.core.clock import utc_now
from cti_app.simulator.captures import Capture, CaptureMaker
from cti_app.simulator.channels import Answer, Channel, elapsed_ms
from cti_app.simulator.faults import FAULTS, OFFLINE, SHIFTS

HELD_BACK = 5
"""How many captures a device gathers while it is out of reach, before it sends them in order."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery and its answer."""

    device_code: str
    capture_id: str
    fault: str
    answer: Answer
    ms: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly and how long: captures a second of the whole fleet, and a bound on their number or the time."""

    rate_per_s: float = 0.25
    count: int | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Mishaps:
    """Which faults happen, and to what share of captures."""

    names: Sequence[str] = ()
    share: float = 0.25


@dataclass(slots=True)
class Fleet:
    """Several devices over one channel. `tell` hears of every delivery."""

    makers: Sequence[CaptureMaker]
    channel: Channel
    tell: Callable[[Sent], None]
    pace: Pace = field(default_factory=Pace)
    mishaps: Mishaps = field(default_factory=Mishaps)
    seed: int = 1
    outcomes: Counter[int] = field(default_factory=Counter)
    _left: int | None = None

    async def run(self) -> Counter[int]:
        """Run until the pace's bound, or until cancelled; returns deliveries by status of their answers."""
        self._left = self.pace.count
        try:
            async with asyncio.timeout(self.pace.duration_s), asyncio.TaskGroup() as devices:
                for number, maker in enumerate(self.makers):
                    devices.create_task(self._device(maker, random.Random(self.seed + number)))  # noqa: S311
        except TimeoutError:
            pass  # the time that was asked for is over
        return self.outcomes

    async def _device(self, maker: CaptureMaker, chance: random.Random) -> None:
        gap_s = len(self.makers) / self.pace.rate_per_s
        await asyncio.sleep(chance.uniform(0, gap_s) if len(self.makers) > 1 else 0)
        while self._take_turn():
            began = time.perf_counter()
            fault = self._fault(chance)
            held = [self._captured(maker, fault) for _ in range(HELD_BACK if fault == OFFLINE else 1)]
            for capture in held:
                for delivery in FAULTS[fault](capture) if fault else [capture]:
                    await self._deliver(delivery, fault)
            rest_s = gap_s * chance.uniform(0.8, 1.2) - (time.perf_counter() - began)
            await asyncio.sleep(max(0.0, rest_s))

    def _take_turn(self) -> bool:
        if self._left is None:
            return True
        self._left -= 1
        return self._left >= 0

    def _fault(self, chance: random.Random) -> str:
        unlucky = self.mishaps.names and chance.random() < self.mishaps.share
        return chance.choice(list(self.mishaps.names)) if unlucky else ""

    def _captured(self, maker: CaptureMaker, fault: str) -> Capture:
        return maker.make(utc_now() + SHIFTS.get(fault, timedelta()))

    async def _deliver(self, capture: Capture, fault: str) -> None:
        began = time.perf_counter()
        answer = await self.channel.deliver(capture)
        self.outcomes[answer.status] += 1
        self.tell(Sent(str(capture.meta["device_code"]), capture.capture_id, fault, answer, elapsed_ms(began)))
