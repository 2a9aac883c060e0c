"""Write the model folder from a training run: `python -m training.export RUN [--report report.json]`.

Without a report thresholds and errors stay as they are (or at the defaults), so that the first export can be measured;
the second one, with the report of `training.evaluate`, is what ships.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import onnx
import torch

from training import dataset
from training.network import UNetPlusPlus
from training.shipped import FOLDER, INPUT_PX, NAME, ROOT, VERSION

OPSET = 17
CLASSES = ["background", "ribeye", "subcutaneous_fat"]
TTA = [
    {"flip": False, "gamma": 1.0, "scale": 1.0},
    {"flip": True, "gamma": 0.85, "scale": 1.0},
    {"flip": False, "gamma": 1.15, "scale": 0.96},
]
GLCM = {"levels": 32, "distance_mm": 1.0, "mm_per_px": 0.35, "angles": [0, 45, 90, 135]}


def sources_sha256(*patterns: str) -> str:
    """One hash over the names and bytes of source files, sorted by name."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def hashes() -> dict[str, str]:
    """What made the model: generator, trainer, preprocessing."""
    return {
        "generator_sha256": sources_sha256("training/phantoms/*.py"),
        "trainer_sha256": sources_sha256("training/network.py", "training/dataset.py", "training/train.py"),
        "preprocessing_sha256": hashlib.sha256((FOLDER / "preprocessing.py").read_bytes()).hexdigest(),
    }


def write_onnx(weights: Path, base: int) -> None:
    """Export with the hashes in the file's own properties."""
    model = UNetPlusPlus(base).eval()
    model.load_state_dict(torch.load(weights, weights_only=True))
    target = FOLDER / "model.onnx"
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, INPUT_PX, INPUT_PX),),
        str(target),
        opset_version=OPSET,
        dynamo=False,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}},
    )
    proto = onnx.load(str(target))
    onnx.helper.set_model_props(proto, hashes())
    proto.producer_name, proto.doc_string = f"{NAME} training", ""
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(target))


def write_config(report: dict[str, Any] | None) -> None:
    document: dict[str, Any] = {
        "name": NAME,
        "version": VERSION,
        "kind": "ribeye_ultrasound",
        "input_size": INPUT_PX,
        "classes": CLASSES,
        "normalisation": "grey levels of the tissue frame, standardised to mean 0 and SD 1",
        "temperature": 1.0,
        "tta": TTA,
        "thresholds": {},
        "glcm": GLCM,
        "errors": {},
    }
    if report is not None:
        document |= {
            "temperature": report["temperature"],
            "thresholds": report["thresholds"],
            "errors": report["errors"],
        }
    (FOLDER / "config.json").write_text(json.dumps(document, indent=2) + "\n")


def write_metadata(run: Path, report: dict[str, Any] | None) -> None:
    """sha256 of every other file, what made the model, what it was trained on, and how good it is."""
    history = json.loads((run / "history.json").read_text()) if (run / "history.json").exists() else []
    made = history[-1] if history else {}
    document = {
        "name": NAME,
        "version": VERSION,
        "architecture": "UNet++ base 12, strided stem",
        **hashes(),
        "validated_on_real_cattle": False,
        "training_set": {
            "what": "simulated B-mode phantoms; no image of an animal",
            "phantoms": dataset.TRAINING,
            "samples_seen": made.get("seen"),
            "training_s": made.get("spent_s"),
            "seeds": [0, dataset.TRAINING],
            "held_out_from_seed": dataset.HELD_OUT,
            "held_out_corner": "aspect above 2.35 with a dynamic range below 52 dB",
        },
        "metrics": (report or {}).get("domains", {}),
        "latency_ms": (report or {}).get("latency_ms", {}),
        "files": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(FOLDER.iterdir())
            if path.is_file() and path.name != "metadata.json"
        },
    }
    (FOLDER / "metadata.json").write_text(json.dumps(document, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--base", type=int, default=12)
    given = parser.parse_args()
    report = json.loads(given.report.read_text()) if given.report else None
    weights = given.run / "best.pt"
    write_onnx(weights, given.base)
    write_config(report)
    if report is not None:
        from training.card import write_card

        write_card(report)
    write_metadata(given.run, report)


if __name__ == "__main__":
    main()
