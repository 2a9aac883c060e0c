"""The schema of `meta.json`: the published document, its validator, and its errors in words a device developer can use.

Every error names where (a dotted path), what was sent and what is expected; expectations are the `description`s of the
schema itself, so that what is published and what is answered cannot differ.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from backend.core.errors import FieldError

SCHEMA_FILE = Path(__file__).with_name("meta_v1.json")
META_VERSION = "1.0.0"
SHOWN_CHARS = 60
KINDS = {str: "text", bool: "true or false", int: "a number", float: "a number", dict: "an object", list: "a list"}


@lru_cache(maxsize=1)
def meta_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) as published."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_bytes())
    return schema


@lru_cache(maxsize=1)
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(meta_schema(), validate_formats=True)


def property_names(*path: str) -> list[str]:
    """The names the schema knows at `path`; none where it describes no object."""
    return list(_described(path).get("properties", {}))


def schema_errors(document: Mapping[str, Any], sent_as: Mapping[str, str] | None = None) -> list[FieldError]:
    """Every violation of the schema, in words; `sent_as` names the spelling a device used for a dotted path."""
    errors: list[FieldError] = []
    for violation in _validator().iter_errors(document):
        path = [part for part in violation.instance_path if isinstance(part, str)]
        if violation.kind.name == "required":
            errors += _missing((*path, violation.kind.as_dict()["property"]))
        else:
            dotted = dotted_path(violation.instance_path)
            errors.append({"path": dotted, "message": _wrong(violation, path, (sent_as or {}).get(dotted))})
    return errors


def dotted_path(parts: Sequence[str | int]) -> str:
    """Spell a place in a document as `files.extra.0`."""
    return ".".join(str(part) for part in parts)


def shown(value: object) -> str:
    """A sent value for a message: as JSON, cut short."""
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"


def _described(path: Sequence[str]) -> dict[str, Any]:
    """The part of the schema that describes `path`, empty for names it does not know."""
    part = meta_schema()
    for name in path:
        part = part.get("properties", {}).get(name, {})
    return part


def _missing(path: tuple[str, ...]) -> list[FieldError]:
    """Say that `path` is missing; for an object, which of its keys must be sent."""
    described = _described(path)
    if "required" in described:
        return [error for name in described["required"] for error in _missing((*path, name))]
    return [{"path": dotted_path(path), "message": f"is missing; expected {described['description']}"}]


def _wrong(violation: jsonschema_rs.ValidationError, path: Sequence[str], sent_as: str | None) -> str:
    described = _described(path)
    if len(path) != len(violation.instance_path):  # inside a list
        described = described.get("items", described)
    named = f" (sent as {sent_as!r})" if sent_as else ""
    expected = described.get("description", violation.message)
    return f"is {_sent(violation)}{named}; expected {expected}"


def _sent(violation: jsonschema_rs.ValidationError) -> str:
    """What was sent: its value, or its kind when that is what is wrong."""
    value = violation.instance
    if violation.kind.name == "type":
        return "null" if value is None else KINDS[type(value)]
    if violation.kind.name in {"maxLength", "minLength"}:
        return f"{len(str(value))} characters long"
    if violation.kind.name in {"maxItems", "minItems"}:
        return f"a list of {len(value)}"  # type: ignore[arg-type]
    return shown(value)
