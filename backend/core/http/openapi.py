"""The OpenAPI document: what FastAPI derives, with our problem documents and ways to sign in instead of its own."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from backend.core.http.access import Open, policies, public
from backend.core.http.credentials import ACCESS_COOKIE
from backend.core.http.problems import MEDIA_TYPE, Problem

WHY_PUBLIC = public("documentation; holds nothing of any organisation")
SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": ACCESS_COOKIE,
        "description": "Set by POST /api/v1/auth/login. Unsafe methods also need X-CSRF-Token and our Origin.",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "A personal token, `cti_pat_…`"},
}


def add_openapi(app: FastAPI, path: str) -> None:
    """Make `app.openapi()` return the completed document, built once, and serve it at `path`."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
    app.add_api_route(path, document, methods=["GET"], include_in_schema=False, dependencies=[WHY_PUBLIC])


def _completed(app: FastAPI) -> dict[str, Any]:
    drawn = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, openapi_version="3.1.0"
    )
    components = drawn.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem_schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem_schema.pop("$defs", {}))
    schemas["Problem"] = problem_schema
    components["securitySchemes"] = {**components.get("securitySchemes", {}), **SCHEMES}
    for (method, path), policy in policies(app).items():
        operation = drawn["paths"].get(path, {}).get(method.lower())
        if operation is not None:
            _complete(operation, open_to_all=isinstance(policy, Open))
    return drawn


def _complete(operation: dict[str, Any], *, open_to_all: bool) -> None:
    """Name the problem document as the answer to everything that is not a success, and the ways to sign in."""
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
    answers["default"] = {
        "description": "A problem document",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if not open_to_all:
        operation["security"] = [{"session": []}, {"token": []}]
