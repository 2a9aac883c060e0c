"""What follows when animals change farm or group: their scans go along, and the history says so.

Everything that moves animals comes through here, one animal's record as well as a whole group.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.herd import move_repository as repository
from backend.scans import moving
from backend.scans.moving import Belongs


@dataclass(frozen=True, slots=True)
class Place:
    """A farm, a group in it; either may be none. The names are for people, as far as the asker may see them."""

    farm_id: UUID | None
    group_id: UUID | None
    farm_name: str | None = None
    group_name: str | None = None

    @property
    def told(self) -> dict[str, str | None]:
        return {"farm": self.farm_name, "group": self.group_name}


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an animal stands."""

    animal_id: UUID
    tag_id: str
    farm_id: UUID | None
    group_id: UUID | None


async def follow(uow: UnitOfWork, left: Sequence[Stand], place: Place, batch_id: UUID) -> int:
    """Take the scans of animals along that have left for `place`, and note each move; returns how many scans."""
    scans = await moving.scans_of(uow, [stand.animal_id for stand in left])
    strangers = [scan for scan in scans if (scan.farm_id, scan.group_id) != (place.farm_id, place.group_id)]
    await moving.place(uow, [scan.scan_id for scan in strangers], place.farm_id, place.group_id, place.told)
    of_animal: dict[UUID, list[Belongs]] = defaultdict(list)
    for scan in strangers:
        of_animal[scan.animal_id].append(scan)
    await repository.add_moves(uow, [_move(uow, stand, place, batch_id, of_animal[stand.animal_id]) for stand in left])
    return len(strangers)


def _move(uow: UnitOfWork, stand: Stand, place: Place, batch_id: UUID, scans: Sequence[Belongs]) -> dict[str, object]:
    return {
        "id": new_id(),
        "org_id": uow.actor.org_id,
        "animal_id": stand.animal_id,
        "batch_id": batch_id,
        "from_farm_id": stand.farm_id,
        "to_farm_id": place.farm_id,
        "from_group_id": stand.group_id,
        "to_group_id": place.group_id,
        "scans": len(scans),
        "scans_before": [[str(scan.scan_id), _text(scan.farm_id), _text(scan.group_id)] for scan in scans],
        "moved_by": uow.actor.user_id,
    }


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
