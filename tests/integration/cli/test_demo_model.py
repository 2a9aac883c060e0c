"""The demo's second version: tried, running beside the shipped one, saying what it is, and left alone afterwards."""

import json
from pathlib import Path

import onnxruntime

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.registry import service as registry
from cti_app.demo_model import REFERENCE, SHIPPED, add_demo_model, write_folder
from jobs.grading import load_model


async def aliases(runtime: Runtime) -> dict[str, str | None]:
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        return {change.alias: change.model for change in (await registry.list_models(uow)).aliases}


async def test_it_runs_beside_the_champion_until_somebody_decides_otherwise(runtime: Runtime) -> None:
    await add_demo_model(runtime)
    assert await aliases(runtime) == {"champion": "ribeye-unetpp@1.0.0", "shadow": REFERENCE}
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        await registry.set_alias(uow, "champion", REFERENCE)
        assert "nobody has measured" in await registry.card(uow, REFERENCE)
    await add_demo_model(runtime)
    assert (await aliases(runtime))["champion"] == REFERENCE


def test_it_is_the_shipped_network_and_claims_no_figures(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    metadata = json.loads((folder / "metadata.json").read_text())
    assert (folder / "model.onnx").read_bytes() == (SHIPPED / "model.onnx").read_bytes()
    assert (metadata["metrics"], metadata["validated_on_real_cattle"]) == ({}, False)
    assert len(load_model(folder).config.passes) == 5


def test_the_shipped_network_carries_the_hashes_of_what_made_it() -> None:
    metadata = json.loads((SHIPPED / "metadata.json").read_text())
    session = onnxruntime.InferenceSession((SHIPPED / "model.onnx").read_bytes())
    carried = session.get_modelmeta().custom_metadata_map
    names = ("generator_sha256", "trainer_sha256", "preprocessing_sha256")
    assert carried == {name: metadata[name] for name in names}
