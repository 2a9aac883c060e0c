"""A printed page for every animal of a group, in a ZIP."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.herd import service as herd
from backend.herd.animals import AnimalNotFound
from backend.reports import service as reports
from backend.reports.facts import animal_facts
from jobs.background import Running, runner
from jobs.exports import archive, draft, hand_over


@runner(reports.EACH_KIND)
async def report_on_each(task: Running) -> Mapping[str, Any]:
    """One PDF an animal, in the units that were asked for."""
    made = 0
    async with draft(task, f"reports-{task.asked_at:%Y-%m-%d}.zip") as path:
        async with archive(task, path) as zipped:
            for animal_id in await _animals(task):
                async with task.step() as uow:
                    try:
                        facts = await animal_facts(uow, animal_id)
                    except AnimalNotFound:
                        continue  # it has left the asker's sight since
                    await task.progress(uow, done=1)
                report = await reports.print_animal(facts, task.params["units"])
                made += 1
                await zipped.add(f"{made:04}-{report.file_name}", report.data)
        return await hand_over(task, path, "application/zip", rows=made, words=f"{made:,} reports")


async def _animals(task: Running) -> list[UUID]:
    async with task.step() as uow:
        found = await herd.group_standing(uow, UUID(str(task.params["group_id"])))
        return [member.id for member in found.members]
