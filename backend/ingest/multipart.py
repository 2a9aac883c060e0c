"""A bounded reader of `multipart/form-data`, part by part as the bytes arrive.

The framework's own parser reads a whole form before anybody may object; an upload must be refused at the first byte too
many, with nothing on disk.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from backend.core.errors import BadRequest, TooLarge

MAX_NAME_BYTES = 1_000
MAX_HEADERS = 8
MAX_BOUNDARY_BYTES = 70


class BadForm(BadRequest):
    """The body is no form this route can read."""

    code, title = "bad_form", "The form could not be read"


class PartTooLarge(TooLarge):
    code, title = "part_too_large", "A part of the form is too large"


@dataclass(slots=True)
class Part:
    """One field or file of a form. `filename` is what the sender calls it; never a path on our side."""

    name: str = ""
    filename: str | None = None
    data: bytearray = field(default_factory=bytearray)


class FormReader:
    """Collects parts of known names, each within its own limit.

    `limits` leads from a part's name to the most bytes it may have; `most` is how many parts there may be.
    """

    def __init__(self, content_type: str, limits: Mapping[str, int], most: int) -> None:
        self.parts: list[Part] = []
        self._limits = limits
        self._most = most
        self._complete = False
        self._part = Part()
        self._header = (bytearray(), bytearray())
        self._parser = MultipartParser(
            _boundary(content_type),
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_NAME_BYTES,
        )

    async def read(self, chunks: AsyncIterator[bytes]) -> list[Part]:
        """Read to the end; raises BadForm, PartTooLarge, and whatever `chunks` raises."""
        try:
            async for chunk in chunks:
                self._parser.write(chunk)
            self._parser.finalize()
        except FormParserError as error:
            raise BadForm(f"The form is malformed: {error}.") from error
        if not self._complete:
            raise BadForm("The form ends in the middle; send it whole.")
        return self.parts

    def _on_part_begin(self) -> None:
        if len(self.parts) >= self._most:
            raise BadForm(f"The form has over {self._most} parts.")
        self._part = Part()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _on_header_end(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = (bytearray(), bytearray())
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            self._part.name = _text(options.get(b"name", b""))
            filename = options.get(b"filename")
            self._part.filename = None if filename is None else _text(filename)

    def _on_headers_finished(self) -> None:
        if self._part.name not in self._limits:
            known = ", ".join(self._limits)
            raise BadForm(f"The form has a part {self._part.name!r:.80}; expected {known}.")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        limit = self._limits[self._part.name]
        if len(self._part.data) + end - start > limit:
            raise PartTooLarge(f"The part {self._part.name!r} has over {limit:,} bytes, the most that is accepted.")
        self._part.data += data[start:end]

    def _on_part_end(self) -> None:
        self.parts.append(self._part)

    def _on_end(self) -> None:
        self._complete = True


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= MAX_BOUNDARY_BYTES:
        raise BadForm(f"Send multipart/form-data with a boundary of 1 to {MAX_BOUNDARY_BYTES} characters.")
    return boundary


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
