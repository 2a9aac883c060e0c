"""The API's documentation as one plain page, drawn from the OpenAPI document: no script, no asset of another host."""

from html import escape
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from backend.core.http.access import public

Json = dict[str, Any]
STYLE = Path(__file__).with_suffix(".css")
VERBS = ("get", "post", "put", "patch", "delete")
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
WHY_PUBLIC = public("documentation; holds nothing of any organisation")


def reference_html(document: Json) -> str:
    """The whole page for an OpenAPI 3.1 document."""
    groups: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for verb in VERBS:
            if verb in item:
                tag = str(item[verb].get("tags", ["Other"])[0])
                groups.setdefault(tag, []).append(_operation(verb, path, item[verb], document))
    sections = "".join(
        f'<section id="{escape(tag)}"><h2>{escape(tag)}</h2>{"".join(operations)}</section>'
        for tag, operations in groups.items()
    )
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in groups)
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(info["title"])}</title><link rel="stylesheet" href="/api/docs/style.css"></head><body>'
        f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"{_paragraphs(info.get('description', ''))}"
        '<p>Machine-readable: <a href="/api/v1/openapi.json">OpenAPI 3.1</a>.</p>'
        f"<nav>{links}</nav></header><main>{sections}</main></body></html>"
    )


def _operation(verb: str, path: str, operation: Json, document: Json) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    answers = [(status, answer) for status, answer in operation["responses"].items() if status != "default"]
    return (
        f'<details><summary><b class="{verb}">{verb.upper()}</b> <code>{escape(path)}</code> '
        f"<span>{escape(operation.get('summary', ''))}</span></summary>"
        f"{_paragraphs(operation.get('description', ''))}"
        + _table("Parameters", [_parameter(parameter, document) for parameter in operation.get("parameters", [])])
        + "".join(_body(f"Body: {media}", content, document) for media, content in body.items())
        + "".join(
            f"<h4>{escape(status)} {escape(answer.get('description', ''))}</h4>"
            + "".join(_body("", content, document) for content in answer.get("content", {}).values())
            for status, answer in answers
        )
        + "</details>"
    )


def _parameter(parameter: Json, document: Json) -> tuple[str, str, str]:
    name = f"{parameter['name']} ({parameter['in']}{', required' if parameter.get('required') else ''})"
    schema = parameter.get("schema", {})
    return name, _type(schema, document), str(parameter.get("description") or schema.get("description", ""))


def _body(heading: str, content: Json, document: Json) -> str:
    schema = _resolved(content.get("schema", {}), document)
    if "properties" not in schema:
        return _table(heading, [("", _type(content.get("schema", {}), document), str(schema.get("description", "")))])
    required = schema.get("required", [])
    rows = [
        (
            f"{name}{'' if name in required else ' (optional)'}",
            _type(value, document),
            str(value.get("description", "")),
        )
        for name, value in schema["properties"].items()
    ]
    return _table(heading, rows)


def _type(schema: Json, document: Json) -> str:
    """A type in a few words: `string (email)`, `list of ScanRow`, `one of a, b`."""
    if "$ref" in schema:
        target = _resolved(schema, document)
        return str(schema["$ref"]).rsplit("/", 1)[-1] if "properties" in target else _type(target, document)
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(_type(option, document) for option in [*schema.get("anyOf", []), *schema.get("oneOf", [])])
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), document)}"
    kind = str(schema.get("const", schema.get("type", "any")))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _resolved(schema: Json, document: Json) -> Json:
    if "$ref" not in schema:
        return schema
    name = str(schema["$ref"]).rsplit("/", 1)[-1]
    found: Json = document["components"]["schemas"][name]
    return found


def _table(heading: str, rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td><td>{escape(words)}</td></tr>"
        for name, kind, words in rows
    )
    return (f"<h4>{escape(heading)}</h4>" if heading else "") + f"<table>{lines}</table>"


def _paragraphs(words: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in words.split("\n\n") if part.strip())


def add_reference(app: FastAPI) -> None:
    """Serve the page at `/api/docs`, its style beside it."""

    async def page(request: Request) -> Response:
        return HTMLResponse(reference_html(request.app.openapi()), headers={"Content-Security-Policy": POLICY})

    async def style() -> Response:
        return Response(STYLE.read_text(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})

    app.add_api_route("/api/docs", page, methods=["GET"], include_in_schema=False, dependencies=[WHY_PUBLIC])
    app.add_api_route("/api/docs/style.css", style, methods=["GET"], include_in_schema=False, dependencies=[WHY_PUBLIC])
