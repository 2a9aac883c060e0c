"""docs/api.md is true: its examples run, its tables hold what the program holds."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

import orjson
import pytest

from backend.api import create_api
from backend.core.errors import CtiError
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.devices import service as devices
from backend.identity import service as identity
from backend.ingest import signature
from backend.ingest.delivery import DeliveryInvalid, read_envelope, read_upload
from backend.ingest.schema import meta_schema
from tests.plugins.web import WebServer
from tests.support.captures import png, sha256
from tests.support.people import Tenant

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)
HERE = "http://localhost:3000"
needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl, openssl")


def block(language: str, mark: str) -> str:
    """The one example in a language that contains `mark`."""
    (found,) = [text for kind, text in BLOCKS if kind == language and mark in text]
    return str(found)


def example(mark: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(block("json", mark))
    return document


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, cell by cell."""
    section = GUIDE.split(f"{heading}\n", 1)[1]
    lines = re.findall(r"^\|(.*)\|$", section.split("\n## ", 1)[0], re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines[2:]]


def fields(schema: dict[str, Any], parent: str = "") -> Iterator[tuple[str, bool]]:
    """Every field of the schema with whether it is required wherever its parent stands."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{parent}{name}", name in schema.get("required", ())
        yield from fields(inner, f"{parent}{name}.")


def test_every_field_of_the_metadata_is_listed() -> None:
    rows = table("## meta.json")
    assert [row[0].strip("`") for row in rows] == [name for name, _ in fields(meta_schema())]
    required = {row[0].strip("`") for row in rows if row[1] in {"yes", "with `gps`"}}
    assert required == {name for name, is_required in fields(meta_schema()) if is_required}


def known_codes(of: type[CtiError] = CtiError) -> set[tuple[int, str]]:
    return {(of.status, of.code)}.union(*(known_codes(inner) for inner in of.__subclasses__()))


def test_every_code_in_the_table_of_answers_exists() -> None:
    create_api()
    rows = table("## Answers")
    listed = {(int(row[0]), code) for row in rows for code in re.findall(r"`(\w+)`", row[1])}
    assert listed <= known_codes()
    assert {int(row[0]) for row in rows} == {200, 201, 400, 401, 403, 409, 413, 415, 422, 429, 503}


def test_every_route_that_is_named_exists() -> None:
    paths = create_api().openapi()["paths"]
    named = re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]*\w}?)", GUIDE)
    assert len(named) > 10
    assert [route for route in named if route[0].lower() not in paths.get(route[1], {})] == []


def test_the_smallest_metadata_is_whole_and_the_refusal_is_what_is_said() -> None:
    now = datetime(2025, 9, 10, tzinfo=UTC)
    smallest = example('"captured_at"')
    assert read_upload(smallest, bucket="cti-local", now=now).key.prefix == example('"ingest_key"')["ingest_key"]
    with pytest.raises(DeliveryInvalid) as caught:
        read_upload({**smallest, "firmware": {}, "gps": {"lat": "north", "lon": 0}}, bucket="cti-local", now=now)
    said = example('"request_id"')
    assert (said["status"], said["code"], said["title"]) == (422, DeliveryInvalid.code, DeliveryInvalid.title)
    assert (said["detail"], said["errors"]) == (caught.value.detail, caught.value.errors)


def test_the_python_signature_holds() -> None:
    namespace: dict[str, Any] = {}
    exec(block("python", "def signed_headers"), namespace)  # our own documentation
    headers = namespace["signed_headers"]("a-secret", b"body")
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    signature.verify(raw, b"body", ["another", "a-secret"], time())


@dataclass
class Bench:
    """A folder with what the examples need, and the environment they run in."""

    server: WebServer
    folder: Path
    environment: dict[str, str]
    code: str

    def here(self, text: str) -> str:
        return text.replace(HERE, self.server.url).replace("dev-0001", self.code)

    async def sh(self, mark: str) -> dict[str, Any]:
        """Run the example that contains `mark`; its answer."""
        words = ["bash", "-euo", "pipefail", "-c", self.here(block("sh", mark))]
        ran = await asyncio.to_thread(
            subprocess.run, words, cwd=self.folder, env=self.environment, capture_output=True, timeout=30, check=True
        )
        answer: dict[str, Any] = orjson.loads(ran.stdout)
        return answer


@pytest.fixture
async def bench(web_server: WebServer, web_runtime: Runtime, web_tenant: Tenant, tmp_path: Path) -> Bench:
    code = f"dev-{new_id().hex}"
    async with web_runtime.database.unit_of_work(await web_tenant.admin.actor()) as uow:
        _, key = await devices.register_device(uow, code)
        token = (await identity.create_token(uow, "guide", {"read", "write", "admin"}, 1)).token
    environment = {
        **os.environ,
        "CTI_URL": web_server.url,
        "CTI_DEVICE_KEY": key,
        "CTI_WEBHOOK_SECRET": web_server.settings.webhook_secrets[1],
        "CTI_TOKEN": token,
        "FARM": str(web_tenant.farm_ids[0]),
    }
    return Bench(web_server, tmp_path, environment, code)


def write_capture(bench: Bench) -> dict[str, Any]:
    """The smallest capture of the guide, with an image of its own."""
    (bench.folder / "image.png").write_bytes(image := png())
    meta: dict[str, Any] = json.loads(bench.here(block("json", '"captured_at"')))
    meta["image_sha256"] = sha256(image)
    (bench.folder / "meta.json").write_text(json.dumps(meta))
    return meta


@needs_curl
async def test_the_upload_is_accepted(bench: Bench) -> None:
    meta = write_capture(bench)
    answer = await bench.sh("/ingest/captures")
    assert (answer["status"], answer["capture_id"]) == ("created", meta["capture_id"])


@needs_curl
async def test_the_webhook_is_accepted(bench: Bench) -> None:
    meta = write_capture(bench)
    envelope = json.loads(bench.here(block("json", '"ingest_key"')))
    body = json.dumps({**envelope, "meta_json": meta}).encode()
    assert read_envelope(body).meta == meta
    (bench.folder / "body.json").write_bytes(body)
    answer = await bench.sh("openssl dgst")
    assert (answer["status"], answer["capture_id"]) == ("created", meta["capture_id"])


@needs_curl
async def test_the_token_is_accepted(bench: Bench, web_tenant: Tenant) -> None:
    assert (await bench.sh("/api/v1/me"))["email"] == web_tenant.admin.email


@needs_curl
async def test_the_boundary_is_accepted(bench: Bench) -> None:
    assert (await bench.sh("/geofences"))["features"][0]["properties"]["label"] == "Home"


@needs_curl
async def test_the_stream_opens(bench: Bench) -> None:
    words = ["bash", "-c", "exec " + bench.here(block("sh", "/api/v1/events"))]
    listening = await asyncio.create_subprocess_exec(
        *words, env=bench.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert listening.stdout is not None
    assert await asyncio.wait_for(listening.stdout.readline(), 20) == b"retry: 2000\n"
    listening.terminate()
    await listening.wait()


async def test_the_walk_over_a_list_finds_everything(
    bench: Bench, web_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CTI_URL", "CTI_TOKEN"):
        monkeypatch.setenv(name, bench.environment[name])
    namespace: dict[str, Any] = {}
    exec(block("python", "def everything"), namespace)  # our own documentation
    found = await asyncio.to_thread(lambda: [farm["id"] for farm in namespace["everything"]("farms")])
    assert set(found) == {str(farm_id) for farm_id in web_tenant.farm_ids}
