"""The projected grade of a scan with the weight its animal has today.

A result keeps the grade as it was projected when it was made. Animals are weighed, and scans are linked to them, before
and after that: so whoever is shown a grade is shown it with the weighing that is nearest to the scan by now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.grading import assumptions
from backend.grading.measures import Assumptions, Flag, Measure, project
from backend.grading.measures.quality import QualityTable
from backend.herd import service as herd


@dataclass(frozen=True, slots=True)
class Projection:
    """What the grades of a scan are projected from: the animal's weight, and the organisation's assumptions with it."""

    taken: Assumptions
    table: QualityTable

    def shown(self, features: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """What a result rests on, with its grade by the weight known now; as it is where it was projected from that.

        What it assumed beside the weight stays. One that had no weight at all takes the organisation's assumptions.
        """
        if not features:
            return None if features is None else dict(features)
        stored = features.get("projected")
        before = Assumptions.read(stored.get("assumptions") or {}) if stored else None
        if self.taken.live_weight_kg == (before.live_weight_kg if before else None):
            return dict(features)
        weighed = replace(before or self.taken, live_weight_kg=self.taken.live_weight_kg)
        return self._projected_anew(features, weighed)

    def _projected_anew(self, features: Mapping[str, Any], weighed: Assumptions) -> dict[str, Any]:
        measures = {name: Measure.read(measure) for name, measure in (features.get("measures") or {}).items()}
        projected = project(measures, weighed, table=self.table)
        flags = [flag for flag in features.get("flags") or () if flag["code"] != Flag.WEIGHT_ASSUMED]
        if projected is not None and projected.yield_grade.weight_assumed:
            flags.append({"code": Flag.WEIGHT_ASSUMED.value, "sentence": Flag.WEIGHT_ASSUMED.sentence})
        return {**features, "projected": projected.to_document() if projected else None, "flags": flags}


async def projection_of(uow: UnitOfWork, animal_id: UUID | None, captured_at: datetime) -> Projection:
    """What a scan of that animal, or of none, is projected from."""
    weight = None if animal_id is None else await herd.weight_near(uow, animal_id, captured_at)
    return Projection(await assumptions.of_organization(uow, weight), assumptions.grades_table())
