"""Whether the audit log is whole: every entry is sealed by a hash over itself and the seal before it.

The hashes are computed anew here, not by the database's own function. Each check that finds the chain whole keeps its
end, in the database and in the log of the process; a later chain must still pass through all of them, so that cutting
off the tail, or computing every hash anew, shows as well.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.audit import chain_repository as repository
from backend.audit.chain_repository import Sealed
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden
from backend.core.logging import get_logger
from backend.identity.elevation import as_system

AT_ONCE = 2000
NOBODYS = "installation"
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is wrong: at which place of the chain, which entry, and what, in words."""

    number: int
    entry_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What a walk found. `sha256` is the last good seal; `broken` None means that the log is whole."""

    org_id: UUID | None
    entries: int
    sha256: str
    broken: Broken | None


@dataclass(frozen=True, slots=True)
class LastCheck:
    """When the asker's log was last walked, and what came of it; `problem` None means that it was whole."""

    entries: int
    checked_at: datetime
    problem: str | None


async def verify(uow: UnitOfWork, org_id: UUID | None, known: Mapping[int, str] | None = None) -> Chain:
    """Walk the chain of an organisation (None: of what belongs to none) from its first entry. As the system.

    `known` are seals noted elsewhere, by their number, which the chain must have besides those that checks kept.
    """
    kept = {**await repository.kept_ends(uow, org_id), **(known or {})}
    number, last = 0, ""
    while found := await repository.sealed_after(uow, org_id, number, AT_ONCE):
        for sealed in found:
            reason = _fault(sealed, number, last, kept)
            if reason is not None:
                return Chain(org_id, number, last, Broken(number + 1, sealed.entry_id, reason))
            number, last = sealed.number, sealed.sha256
    return Chain(org_id, number, last, await _beyond(uow, org_id, number, kept))


def _fault(sealed: Sealed, number: int, last: str, kept: dict[int, str]) -> str | None:
    """What is wrong with the entry that should follow entry `number`, whose seal is `last`."""
    if sealed.number != number + 1:
        return f"{sealed.number - number - 1} entries are missing before this one"
    if sealed.content is None:
        return "the entry is missing"
    if hashlib.sha256((last + sealed.content).encode()).hexdigest() != sealed.sha256:
        return "the entry is not what was sealed: it, its place, or what came before was changed"
    if kept.get(sealed.number, sealed.sha256) != sealed.sha256:
        return "an earlier check found another seal here: the log was written anew"
    return None


async def _beyond(uow: UnitOfWork, org_id: UUID | None, number: int, kept: dict[int, str]) -> Broken | None:
    """What the chain itself cannot show: a tail that was cut off, entries that nothing seals."""
    longest = max(kept, default=0)
    if longest > number:
        return Broken(number + 1, None, f"the end was cut off: an earlier check found {longest} entries")
    stray = await repository.unsealed(uow, org_id)
    return None if stray is None else Broken(number + 1, stray, "an entry was put in past the seals")


async def check(uow: UnitOfWork, org_id: UUID | None) -> Chain:
    """Walk a chain, keep what was found, and say it in the log. As the system."""
    found = await verify(uow, org_id)
    problem = problem_of(found)
    await repository.keep(uow, org_id, found.entries, found.sha256 if problem is None else None, problem)
    facts = {"org_id": str(org_id or ""), "entries": found.entries, "sha256": found.sha256}
    if problem is None:
        log.info("audit_log_whole", **facts)
    else:
        log.error("audit_log_broken", **facts, problem=problem, what_to_do="Compare with a backup: `cti audit verify`.")
    return found


def problem_of(chain: Chain) -> str | None:
    """What is wrong with a log, in a sentence; None when it is whole."""
    return None if chain.broken is None else f"Entry {chain.broken.number:,}: {chain.broken.reason}."


async def named_chains(uow: UnitOfWork) -> list[tuple[str, UUID | None]]:
    """The chains there are: one an organisation, by its short name, and one of what belongs to none. As the system."""
    return [*await repository.organizations(uow), (NOBODYS, None)]


async def check_own(uow: UnitOfWork) -> LastCheck:
    """Walk the log of the asker's organisation now. Raises Forbidden."""
    org_id = _own(uow)
    async with as_system(uow):
        found = await check(uow, org_id)
    return LastCheck(found.entries, utc_now(), problem_of(found))


async def last_check(uow: UnitOfWork) -> LastCheck | None:
    """What the last walk of the asker's log found; None before the first. Raises Forbidden."""
    found = await repository.last_check(uow, _own(uow))
    return None if found is None else LastCheck(*found)


def _own(uow: UnitOfWork) -> UUID:
    if uow.actor.role != "admin" or uow.actor.org_id is None:
        raise Forbidden("Only an admin may read the audit log.")
    return uow.actor.org_id
