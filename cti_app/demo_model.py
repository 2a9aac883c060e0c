"""A second version of the shipped model for the demo, so that there is something to switch to and to compare with.

It is the shipped network, byte for byte, looking at each image five times instead of three. Its card says so, and
that nobody has measured how good it is. It goes the way of every model that comes from outside, the trial included.
"""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.registry import bundles
from backend.registry import service as registry
from cti_app.commands.models import register_and_try

SHIPPED = bundles.SHIPPED / "ribeye-unetpp@1.0.0"
NAME, VERSION = "ribeye-unetpp", "1.0.1-demo"
REFERENCE = f"{NAME}@{VERSION}"
MORE_PASSES = ({"flip": True, "gamma": 1.0, "scale": 1.04}, {"flip": False, "gamma": 0.85, "scale": 1.0})
CARD = f"""# {NAME} {VERSION}

**Made by the demo**, so that there is a second version to switch to and to compare with. Trained on simulation. Not
validated on real cattle.

## What it does
The network of {NAME} 1.0.0, unchanged, looks at each image five times instead of three: mirrored, brighter, darker,
larger and smaller. Outlines move a little, and a run takes longer.

## What it is not for
Work. Thresholds and errors are those measured for 1.0.0; nobody has measured them for five looks.
"""


async def add_demo_model(runtime: Runtime) -> None:
    """Register and try it, and run it as the shadow; once it is there, what people made of it stays."""
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        await registry.register_shipped(uow)
        if any(model.reference == REFERENCE for model in (await registry.list_models(uow)).models):
            return
    with TemporaryDirectory(prefix="cti-demo-model-") as parent:
        reference, refused = await register_and_try(runtime, write_folder(Path(parent)))
    if refused is None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            await registry.set_alias(uow, "shadow", reference)


def write_folder(parent: Path) -> Path:
    """The model's folder below `parent`."""
    config: dict[str, Any] = json.loads((SHIPPED / bundles.CONFIG).read_text())
    config |= {"version": VERSION, "tta": [*config["tta"], *MORE_PASSES]}
    files = {
        bundles.NETWORK: (SHIPPED / bundles.NETWORK).read_bytes(),
        bundles.PREPROCESSING: (SHIPPED / bundles.PREPROCESSING).read_bytes(),
        bundles.CONFIG: json.dumps(config, indent=2).encode(),
        bundles.CARD: CARD.encode(),
    }
    files[bundles.METADATA] = json.dumps(_metadata(files), indent=2).encode()
    folder = parent / REFERENCE
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def _metadata(files: dict[str, bytes]) -> dict[str, Any]:
    """That of the shipped one with the hashes of these files, and without figures, which nobody has measured."""
    shipped: dict[str, Any] = json.loads((SHIPPED / bundles.METADATA).read_text())
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    changed = {"version": VERSION, "derived_from": f"{NAME}@1.0.0", "metrics": {}, "latency_ms": {}, "files": hashes}
    return {**shipped, **changed}
