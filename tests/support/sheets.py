"""Files sent to the import route, and what came of them."""

from typing import Any
from uuid import UUID

import httpx

from jobs import runners  # noqa: F401 (registers the kinds of tasks)
from jobs.background import look_at_task
from jobs.bench import Bench

IMPORTS = "/api/v1/imports"


async def send(browser: httpx.AsyncClient, data: bytes | str, name: str = "herd.csv", **fields: Any) -> httpx.Response:
    """Send a file with the fields of the form."""
    content = data.encode() if isinstance(data, str) else data
    words = {field: str(value) for field, value in fields.items() if value is not None}
    return await browser.post(IMPORTS, files={"file": (name, content)}, data=words)


async def draft(browser: httpx.AsyncClient, data: bytes | str, **fields: Any) -> dict[str, Any]:
    answer = await send(browser, data, **fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def fates(browser: httpx.AsyncClient, import_id: str, **asked: Any) -> list[dict[str, Any]]:
    """Every row of an import that the filters find, by walking its pages."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": 100, **asked, **({"cursor": cursor} if cursor else {})}
        page = (await browser.get(f"{IMPORTS}/{import_id}/rows", params=params)).json()
        rows += page["items"]
        cursor = page["next_cursor"]
    return rows


async def run(browser: httpx.AsyncClient, bench: Bench, import_id: str) -> dict[str, Any]:
    """Import a draft to its end; returns the task."""
    started = await browser.post(f"{IMPORTS}/{import_id}/start")
    assert started.status_code == 202, started.text
    return await finished(browser, bench, started.json()["task_id"])


async def undo(browser: httpx.AsyncClient, bench: Bench, task_id: str) -> dict[str, Any]:
    """Take a task back; returns the task that did."""
    answer = await browser.post(f"/api/v1/tasks/{task_id}/undo")
    assert answer.status_code == 202, answer.text
    return await finished(browser, bench, answer.json()["id"])


async def finished(browser: httpx.AsyncClient, bench: Bench, task_id: str) -> dict[str, Any]:
    assert await look_at_task(bench, UUID(task_id)) == "done"
    task: dict[str, Any] = (await browser.get(f"/api/v1/tasks/{task_id}")).json()
    return task
