"""The ONNX session: what may be opened, on how many threads, and that it answers in the right shape.

A model is opened from bytes that were hashed before, so a file cannot change in between and nothing else on the disk
is its own folder. Data kept outside the file is refused before the runtime sees it.
"""

import os
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from jobs.grading.config import CLASSES
from jobs.grading.errors import ModelRefused

INPUT, OUTPUT = "image", "logits"
FLOAT = "tensor(float)"
THREADS = min(2, os.cpu_count() or 1)
"""Of one session: docs/grading.md has the figures. Jobs of one worker share it."""
EXTERNAL_KEY = b"location"
"""The key under which a tensor names a file of its own. Whatever the encoding, these bytes must be there."""
ERRORS_ONLY = 3

REFUSALS = tuple(
    getattr(runtime_errors, name)
    for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException")
)


@dataclass(frozen=True, slots=True)
class Session:
    """A warm session. Safe to use from several threads at a time."""

    runtime: onnxruntime.InferenceSession
    input_px: int

    def logits(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 1, S, S) to (N, 3, S, S), in one batch."""
        return np.asarray(self.runtime.run([OUTPUT], {INPUT: images})[0], np.float32)


def open_session(model: bytes, input_px: int, threads: int = THREADS) -> Session:
    """Open, check names and shapes, and run it once on nothing. Raises ModelRefused."""
    if EXTERNAL_KEY in model:
        raise ModelRefused("model.onnx names data outside itself; a model must be one file.")
    try:
        runtime = onnxruntime.InferenceSession(model, _options(threads), providers=["CPUExecutionProvider"])
    except REFUSALS as error:
        raise ModelRefused(f"model.onnx cannot be opened: {_short(error)}") from error
    session = Session(runtime, input_px)
    _check_signature(runtime, input_px)
    _check_answer(session)
    return session


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the core to others
    return options


def _check_signature(runtime: onnxruntime.InferenceSession, input_px: int) -> None:
    inputs, outputs = runtime.get_inputs(), runtime.get_outputs()
    for what, nodes, name, channels in (("input", inputs, INPUT, 1), ("output", outputs, OUTPUT, CLASSES)):
        if [node.name for node in nodes] != [name] or nodes[0].type != FLOAT:
            raise ModelRefused(f"model.onnx must have one {what}, `{name}`, of float32.")
        wanted = (None, channels, input_px, input_px)
        shape = tuple(nodes[0].shape)
        if len(shape) != len(wanted) or any(
            isinstance(size, int) and size != want for size, want in zip(shape, wanted, strict=True)
        ):
            raise ModelRefused(f"model.onnx: `{name}` must be (N, {channels}, {input_px}, {input_px}), not {shape}.")


def _check_answer(session: Session) -> None:
    """Two images of nothing: they must come back as two answers of finite numbers."""
    size = session.input_px
    try:
        answer = session.logits(np.zeros((2, 1, size, size), np.float32))
    except REFUSALS as error:
        raise ModelRefused(f"model.onnx does not run: {_short(error)}") from error
    if answer.shape != (2, CLASSES, size, size) or not np.isfinite(answer).all():
        raise ModelRefused(f"model.onnx answers {answer.shape} where (2, {CLASSES}, {size}, {size}) is asked for.")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
