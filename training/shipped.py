"""The folder of the model this training makes, and its preprocessing, which the trainer must share with the worker."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

NAME: Final = "ribeye-unetpp"
VERSION: Final = "1.0.0"
ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "models" / f"{NAME}@{VERSION}"
INPUT_PX: Final = 256


def preprocessing() -> ModuleType:
    """The model's own `preprocessing.py` as a module."""
    name = "ribeye_preprocessing"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FOLDER / "preprocessing.py")
        if spec is None or spec.loader is None:
            raise FileNotFoundError(FOLDER / "preprocessing.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]
