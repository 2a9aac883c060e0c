"""The local profile: which private services the settings ask for, and a way for commands to use them.

A command such as `cti user create` works whether or not the platform runs: running services are used, otherwise they
are started for the length of the command.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

from backend.core.settings import Settings
from cti_app.services import (
    Places,
    PrivatePostgres,
    PrivateRedis,
    PrivateService,
    ServiceInUse,
    find_places,
    service_account,
)


@dataclass(frozen=True)
class LocalServices:
    """The private services of `settings.data_dir`; those that have a URL in the settings are absent."""

    settings: Settings

    @cached_property
    def places(self) -> Places:
        return find_places(self.settings.data_dir, service_account())

    @cached_property
    def postgres(self) -> PrivatePostgres | None:
        """None when `CTI_DATABASE_URL` points elsewhere."""
        if self.settings.database_url:
            return None
        places = self.places
        return PrivatePostgres(places.postgres, places.sockets, service_account(), log=places.logs / "postgres.log")

    @cached_property
    def redis(self) -> PrivateRedis | None:
        """None when `CTI_REDIS_URL` points elsewhere."""
        if self.settings.redis_url:
            return None
        return PrivateRedis(
            self.places.redis, self.places.sockets, service_account(), log=self.places.logs / "redis.log"
        )

    def tidy(self) -> None:
        """Remove the sockets' folder when nothing is left in it; the next start makes it again."""
        if self.postgres is not None or self.redis is not None:
            with suppress(OSError):
                self.places.sockets.rmdir()

    def connected(self) -> Settings:
        """The settings with every URL filled in."""
        updates: dict[str, str] = {}
        if self.postgres is not None:
            updates["database_url"] = self.postgres.url("cti_app")
            updates["database_owner_url"] = self.postgres.url("cti_owner")
        if self.redis is not None:
            updates["redis_url"] = self.redis.url()
        return self.settings.model_copy(update=updates)


@contextmanager
def borrowed_services(settings: Settings) -> Iterator[Settings]:
    """Settings of services that answer: the running ones, or some started now and stopped at the end.

    A database started here is bootstrapped but not migrated.
    """
    local = LocalServices(settings)
    with ExitStack() as stack:
        if local.postgres is not None and _started(stack, local.postgres):
            local.postgres.bootstrap()
        if local.redis is not None:
            _started(stack, local.redis)
        yield local.connected()


def _started(stack: ExitStack, service: PrivateService) -> bool:
    """Start `service` unless somebody runs it already; tells whether we did."""
    try:
        stack.enter_context(service)
    except ServiceInUse:
        return False
    return True
