"""An installation with a table of indicative grades of its own: what models and people measure is graded by it."""

import json
from pathlib import Path

import pytest

from backend.core.settings import Settings
from backend.grading import corrections
from backend.grading.measures.quality import SHIPPED_TABLE
from jobs.bench import Bench
from tests.integration.gradings.test_people import drawn
from tests.support import gradings
from tests.support.people import Tenant


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    document = json.loads(SHIPPED_TABLE.read_text())
    own = tmp_path / "own.json"
    own.write_text(json.dumps({**document, "version": "2.0.0", "label": "our own"}))
    return settings.model_copy(update={"quality_table": str(own)})


async def test_grades_name_the_installations_own_table(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.graded(bench)
    async with bench.runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await corrections.correct_mask(uow, scan_id, drawn(fat=True))
    *_, corrected = await gradings.results(bench.runtime, acme.org_id, scan_id)
    table = corrected.features_used["projected"]["indicative"]
    assert (table["table_version"], table["label"]) == ("2.0.0", "our own")
