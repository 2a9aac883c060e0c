"""How models do: rates, times, agreement, drift and two models side by side, over the organisation's own rows."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from jobs.bench import Bench
from tests.plugins.people import SignedIn
from tests.support import gradings
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

INSERT = text(
    "INSERT INTO grading_results (id, org_id, scan_id, model_name, model_version, abstained, abstention_reason,"
    " rea_cm2, duration_ms, reference_iou, input_mean, input_sd, confidence, created_at, accepted)"
    " VALUES (:id, :org, :scan, :name, '1.0.0', :abstained, :why, :rea, :ms, :iou, :mean, 20, 0.8,"
    " now() - make_interval(days => :days_ago), :accepted)"
)


async def run(runtime: Runtime, org_id: object, scan_id: object, name: str, **facts: Any) -> None:
    """A row as a run would have left it."""
    values = {"abstained": False, "why": None, "rea": 80, "ms": 100, "iou": None, "mean": 80.0, "days_ago": 0}
    values |= {"accepted": True, **facts}
    async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:  # type: ignore[arg-type]
        await uow.session.execute(INSERT, {"id": new_id(), "org": org_id, "scan": scan_id, "name": name, **values})


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


@pytest.fixture
def made(runtime: Runtime, acme: Tenant) -> ScanFactory:
    return ScanFactory(runtime, acme.org_id)


async def test_each_model_with_its_counts_and_times(
    runtime: Runtime, acme: Tenant, made: ScanFactory, admin: httpx.AsyncClient
) -> None:
    for number in range(20):
        quiet = number < 5
        await run(
            runtime,
            acme.org_id,
            await made.scan(),
            "alpha",
            ms=100 + number,
            abstained=quiet,
            why="no_ribeye" if quiet else None,
            rea=None if quiet else 80,
            iou=0.9,
        )
    failed = "INSERT INTO grading_failures (id, org_id, scan_id, model_name, model_version, reason)"
    failed += " SELECT gen_random_uuid(), org_id, id, 'alpha', '1.0.0', 'broken' FROM scans LIMIT 5"
    async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await uow.session.execute(text(failed))
    found = (await admin.get("/api/v1/models/performance")).json()
    (model,) = found["models"]
    assert (model["model"], model["runs"], model["abstained"], model["failed"]) == ("alpha@1.0.0", 20, 5, 5)
    assert (model["error_rate"], model["abstention_rate"]) == (0.2, 0.25)
    assert (model["p50_ms"], model["p95_ms"]) == pytest.approx((109.5, 118.05))
    assert (model["reference_iou"], model["reference_n"]) == (pytest.approx(0.9), 20)
    assert [day["runs"] for day in found["by_day"]] == [20]


async def test_old_runs_are_left_out(
    runtime: Runtime, acme: Tenant, made: ScanFactory, admin: httpx.AsyncClient
) -> None:
    await run(runtime, acme.org_id, await made.scan(), "alpha", days_ago=40)
    assert (await admin.get("/api/v1/models/performance")).json()["models"] == []
    assert len((await admin.get("/api/v1/models/performance", params={"days": 60})).json()["models"]) == 1


async def test_a_device_that_became_brighter_has_drifted(
    runtime: Runtime, acme: Tenant, made: ScanFactory, admin: httpx.AsyncClient
) -> None:
    for number in range(40):
        await run(runtime, acme.org_id, await made.scan(), "alpha", mean=80 + number % 10, days_ago=30)
        await run(runtime, acme.org_id, await made.scan(), "alpha", mean=120 + number % 10)
    (device,) = (await admin.get("/api/v1/models/drift")).json()["items"]
    assert (device["earlier_n"], device["recent_n"], device["level"]) == (40, 40, "drifted")
    assert device["contrast_psi"] == pytest.approx(0)


async def test_two_models_on_the_same_scans(
    bench: Bench, acme: Tenant, made: ScanFactory, admin: httpx.AsyncClient, champion: str, folders: Path
) -> None:
    beta = await gradings.register(bench, folders, "beta")
    for rea in (70.0, 80.0, 90.0):
        scan_id = await made.scan()
        await run(bench.runtime, acme.org_id, scan_id, "alpha", rea=rea)
        await run(bench.runtime, acme.org_id, scan_id, "beta", rea=rea + 2, accepted=False)
    only = await made.scan()
    await run(bench.runtime, acme.org_id, only, "alpha")
    quiet = await made.scan()
    await run(bench.runtime, acme.org_id, quiet, "alpha")
    await run(bench.runtime, acme.org_id, quiet, "beta", abstained=True, why="unstable", rea=None)
    found = (await admin.get("/api/v1/models/compare", params={"a": champion, "b": beta})).json()
    assert (found["n"], found["bias"], found["sd"]) == (3, 2, 0)
    assert (found["lower"], found["upper"], found["only_b_abstained"]) == (2, 2, 1)
    assert {(pair["a"], pair["b"]) for pair in found["pairs"]} == {(70, 72), (80, 82), (90, 92)}


async def test_what_technicians_left_of_a_models_outlines_is_told(
    bench: Bench, acme: Tenant, signed_in: SignedIn, admin: httpx.AsyncClient, champion: str
) -> None:
    scan_id = await gradings.graded(bench, farm_id=str(acme.farm_ids[0]))
    technician = await signed_in(acme.technician)
    answer = await technician.put(
        f"/api/v1/scans/{scan_id}/mask/ribeye", content=gradings.mask(), headers={"Content-Type": "image/png"}
    )
    assert answer.status_code == 201
    (model,) = (await admin.get("/api/v1/models/performance")).json()["models"]
    assert (model["model"], model["correction_n"]) == (champion, 1)
    assert model["correction_iou"] > 0.8


async def test_other_organisations_runs_are_theirs(runtime: Runtime, other: Tenant, admin: httpx.AsyncClient) -> None:
    theirs = ScanFactory(runtime, other.org_id)
    await run(runtime, other.org_id, await theirs.scan(), "alpha")
    assert (await admin.get("/api/v1/models/performance")).json()["models"] == []
    assert (await admin.get("/api/v1/models/drift")).json()["items"] == []
