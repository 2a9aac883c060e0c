"""What the demo's people did with its past: the technician accepts the simulated scans, the animals get their records.

Through the services, as a person at a browser would; done once, found again afterwards.
"""

import asyncio
from datetime import datetime

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.runtime import Runtime
from backend.herd import service as herd
from backend.herd.service import AnimalFilters
from backend.identity import service as identity
from backend.scans import service as scans
from backend.scans.filters import ScanFilters
from cti_app.simulator.past import BREED, FRAMES, LABEL, SEX, born

LOOK_S = 2.0
LOOKS = 150
PAST = ScanFilters(label=LABEL)


async def has_past(uow: UnitOfWork) -> bool:
    """Whether the past was sent before."""
    home = await identity.default_organization(uow)
    await uow.act_as(Actor(role="admin", org_id=home.id, farm_ids=None))
    return (await scans.count_scans(uow, PAST)).n > 0


async def live_through(runtime: Runtime) -> int:
    """Wait until the past is graded, then accept it as the technician; returns how many scans were accepted."""
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        home = await identity.default_organization(uow)
    admin = Actor(role="admin", org_id=home.id, farm_ids=None)
    await _graded(runtime, admin)
    async with runtime.database.unit_of_work(admin, read_only=True) as uow:
        people = (await identity.list_members(uow)).items
    technician = next(person for person in people if person.role == "technician")
    actor = await identity.actor_for_user(technician.id, home.id) or admin
    async with runtime.database.unit_of_work(actor) as uow:
        accepted = await _accept(uow)
        await _record(uow, utc_now())
    return accepted


async def _graded(runtime: Runtime, admin: Actor) -> None:
    """Return once nothing of the past waits for the worker, or it has been waited for long enough."""
    waiting = [PAST.model_copy(update={"status": status}) for status in ("uploaded", "ingested")]
    for _ in range(LOOKS):
        async with runtime.database.unit_of_work(admin, read_only=True) as uow:
            if not sum([(await scans.count_scans(uow, filters)).n for filters in waiting]):
                return
        await asyncio.sleep(LOOK_S)


async def _accept(uow: UnitOfWork) -> int:
    wanted = PAST.model_copy(update={"status": "graded", "review": "unreviewed"})
    found = (await scans.list_scans(uow, wanted, limit=100)).items
    for scan in found:
        usable = scan.rea_cm2 is not None
        await scans.review_scan(uow, scan.id, "accepted" if usable else "rejected")
    return len(found)


async def _record(uow: UnitOfWork, now: datetime) -> None:
    """What a barn sheet would say of the animals, and what they weighed."""
    for tag in FRAMES:
        found = (await herd.list_animals(uow, AnimalFilters(q=tag))).items
        animal = next((one for one in found if one.tag_id == tag), None)
        if animal is None:
            continue
        await herd.update_animal(uow, animal.id, {"breed": BREED, "sex": SEX, "birth_date": born(now, tag)})
        await herd.record_weight(uow, animal.id, 560 + 7 * (int(tag) % 10), now.date())
