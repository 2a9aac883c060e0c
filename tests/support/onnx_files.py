"""ONNX files for tests of the loader, written byte by byte: honest tiny ones, and ones no loader should open.

A file is protobuf: fields of (number, wire type), here 0 for whole numbers and 2 for bytes.
"""

import struct
from collections.abc import Sequence

FLOAT32 = 1
EXTERNAL = 1


def tiny(
    *,
    input_name: str = "image",
    output_name: str = "logits",
    channels: int = 1,
    classes: int = 3,
    size: int = 64,
    batch: int | None = None,
    weights: Sequence[float] | None = None,
    bias: Sequence[float] = (),
) -> bytes:
    """One 1 x 1 convolution from `channels` to `classes`; `batch` None leaves the first dimension open."""
    values = weights if weights is not None else [float(index) for index in range(classes * channels)]
    tensor = _tensor((classes, channels, 1, 1)) + _field(9, struct.pack(f"<{len(values)}f", *values))
    added = _tensor((len(bias),), b"b") + _field(9, struct.pack(f"<{len(bias)}f", *bias)) if bias else b""
    return _model(tensor, input_name, output_name, channels, classes, size, batch, added)


def external(path: str, size: int = 64) -> bytes:
    """The tiny model with its weights in another file."""
    entry = _field(1, b"location") + _field(2, path.encode())
    tensor = _tensor((3, 1, 1, 1)) + _field(13, entry) + _field(14, EXTERNAL)
    return _model(tensor, "image", "logits", 1, 3, size, None)


def _model(
    tensor: bytes,
    input_name: str,
    output_name: str,
    channels: int,
    classes: int,
    size: int,
    batch: int | None,
    bias: bytes = b"",
) -> bytes:
    inputs = (input_name.encode(), b"w", *([b"b"] if bias else []))
    node = b"".join(_field(1, name) for name in inputs) + _field(2, output_name.encode()) + _field(4, b"Conv")
    graph = (
        _field(1, node)
        + _field(2, b"tiny")
        + _field(5, tensor)
        + (_field(5, bias) if bias else b"")
        + _field(11, _value(input_name, (batch, channels, size, size)))
        + _field(12, _value(output_name, (batch, classes, size, size)))
    )
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, 17))


def _tensor(shape: Sequence[int], name: bytes = b"w") -> bytes:
    return b"".join(_field(1, size) for size in shape) + _field(2, FLOAT32) + _field(8, name)


def _value(name: str, shape: Sequence[int | None]) -> bytes:
    sizes = (_field(2, b"n") if size is None else _field(1, size) for size in shape)
    dimensions = b"".join(_field(1, size) for size in sizes)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, FLOAT32) + _field(2, dimensions)))


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
