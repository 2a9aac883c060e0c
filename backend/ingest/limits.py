"""How much anyone may send, so that neither a broken device nor a stranger starves the others.

Whoever proves to be a sender of ours is counted by device, everybody else by address. A valid signature is never
refused for its address: many honest devices share one with a broken neighbour.
"""

from collections.abc import Callable
from time import monotonic

from backend.core.errors import TooMany
from backend.core.http.addresses import network_of
from backend.core.limiter import Limit, Limiter

DEVICE_LIMIT = Limit("ingest-device", "600 per minute")
STRANGER_LIMIT = Limit("ingest-stranger", "60 per minute")
WINDOW_S = 60
# A device this slow in one process is far from its limit, so nobody needs to ask Redis about it.
UNCOUNTED = 60
REMEMBERED = 10_000
LOGGED_BURST = 60
LOGGED_PER_S = 2.0


class SentTooMuch(TooMany):
    code, title = "too_many", "Too many deliveries"


class IngestLimits:
    """The limits of one process; counts that matter are shared through Redis.

    `clock` returns seconds that only grow.
    """

    def __init__(self, limiter: Limiter, clock: Callable[[], float] = monotonic) -> None:
        self._limiter = limiter
        self._clock = clock
        self._window_ends = 0.0
        self._of_device: dict[str, int] = {}
        self._blocked_until: dict[str, float] = {}
        self._log_tokens, self._log_filled = float(LOGGED_BURST), clock()
        self._unlogged = 0

    async def admit_device(self, device_code: str) -> None:
        """Count a delivery of a device that proved to be itself; raises TooMany past its limit."""
        now = self._clock()
        if now >= self._window_ends or len(self._of_device) > REMEMBERED:
            self._window_ends, self._of_device = now + WINDOW_S, {}
        count = self._of_device[device_code] = self._of_device.get(device_code, 0) + 1
        if count > UNCOUNTED:
            await self._limiter.hit(DEVICE_LIMIT, device_code)

    async def count_stranger(self, ip: str) -> None:
        """Count a request that proved nothing; its address is blocked once the limit is used up."""
        network = network_of(ip)
        try:
            await self._limiter.hit(STRANGER_LIMIT, network)
        except TooMany as error:
            if len(self._blocked_until) > REMEMBERED:
                self._blocked_until.clear()
            self._blocked_until[network] = self._clock() + (error.retry_after_s or WINDOW_S)

    def check_stranger(self, ip: str) -> None:
        """Raise SentTooMuch while the address is blocked."""
        left_s = self._blocked_until.get(network_of(ip), 0.0) - self._clock()
        if left_s > 0:
            wait_s = int(left_s) + 1
            raise SentTooMuch(f"Too many refused requests. Try again in {wait_s} s.", retry_after_s=wait_s)

    def may_log_stranger(self) -> int | None:
        """Whether a stranger's request may have a row of its own, so that a flood cannot fill the disk.

        None when not; otherwise how many had to go without one since the last that had.
        """
        now = self._clock()
        self._log_tokens = min(LOGGED_BURST, self._log_tokens + (now - self._log_filled) * LOGGED_PER_S)
        self._log_filled = now
        if self._log_tokens < 1:
            self._unlogged += 1
            return None
        self._log_tokens -= 1
        unlogged, self._unlogged = self._unlogged, 0
        return unlogged
