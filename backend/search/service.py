"""Looking for anything by a few letters: captures, animals, devices and farms the asker may see, a handful of each."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.devices import service as devices
from backend.farms import service as farms
from backend.herd import service as herd
from backend.herd.list_repository import AnimalFilters
from backend.scans import service as scans
from backend.scans.filters import ScanFilters

Kind = Literal["scan", "animal", "device", "farm"]
EACH_MOST = 5
LEAST_CHARS = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: what it is called, and a line that tells it from others."""

    kind: Kind
    id: UUID
    title: str
    detail: str


async def search(uow: UnitOfWork, words: str) -> list[Hit]:
    """Things called like `words`; nothing for fewer than two characters."""
    said = " ".join(words.split())
    if len(said) < LEAST_CHARS or not said.isprintable():
        return []
    return [
        *await _animals(uow, said),
        *await _scans(uow, said),
        *await _farms(uow, said),
        *(await _devices(uow, said) if uow.actor.role != "farmer" else []),
    ]


async def _scans(uow: UnitOfWork, words: str) -> list[Hit]:
    page = await scans.list_scans(uow, ScanFilters(q=words), limit=EACH_MOST)
    return [
        Hit("scan", row.id, row.capture_id, _line(row.animal_tag, row.farm_name, f"{row.captured_at:%-d %b %Y}"))
        for row in page.items
    ]


async def _animals(uow: UnitOfWork, words: str) -> list[Hit]:
    page = await herd.list_animals(uow, AnimalFilters(q=words), limit=EACH_MOST)
    return [Hit("animal", row.id, row.tag_id, _line(row.rfid, row.group_name, row.farm_name)) for row in page.items]


async def _devices(uow: UnitOfWork, words: str) -> list[Hit]:
    page = await devices.list_devices(uow, q=words, limit=EACH_MOST)
    return [
        Hit("device", one.device.id, one.device.device_code, _line(one.device.label, one.farm_name))
        for one in page.items
    ]


async def _farms(uow: UnitOfWork, words: str) -> list[Hit]:
    wanted = words.casefold()
    found = [farm for farm in await farms.list_farms(uow) if wanted in farm.name.casefold()]
    return [Hit("farm", farm.id, farm.name, "") for farm in found[:EACH_MOST]]


def _line(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
