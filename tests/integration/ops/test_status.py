"""What an admin sees of the installation."""

import platform

from redis.asyncio import Redis

from backend.core.runtime import Runtime
from backend.core.version import VERSION
from backend.ops import heartbeats
from tests.plugins.people import SignedIn
from tests.support import images, scans
from tests.support.people import Tenant
from tests.support.workers import heartbeat

URL = "/api/v1/ops/status"


async def test_an_admin_sees_how_everything_is(acme: Tenant, signed_in: SignedIn, runtime: Runtime) -> None:
    await heartbeats.beat(runtime.redis, heartbeat())
    await scans.deliver(runtime, images.png())
    await runtime.redis.lpush("huey.redis.cti", b"one", b"two")
    body = (await (await signed_in(acme.admin)).get(URL)).json()
    assert all(check["ok"] for check in body["checks"])
    assert (body["versions"]["cti"], body["versions"]["python"]) == (VERSION, platform.python_version())
    assert body["versions"]["postgresql"].split(".")[0].isdigit()
    assert (body["queue_depth"], body["overdue_scans"], body["scans"]) == (2, 1, {"uploaded": 1})
    assert [(worker["name"], worker["threads"], worker["busy"]) for worker in body["workers"]] == [("worker-1", 2, 0)]
    assert (body["store"]["kind"], body["store"]["bucket"], body["store"]["ok"]) == ("folder", "cti-local", True)
    assert body["store"]["free_bytes"] > 0


async def test_counts_are_of_the_own_organisation(
    acme: Tenant, other: Tenant, signed_in: SignedIn, runtime: Runtime
) -> None:
    await scans.deliver(runtime, images.png())
    assert (await (await signed_in(other.admin)).get(URL)).json()["scans"] == {}


async def test_without_redis_the_status_is_told_still(acme: Tenant, signed_in: SignedIn, runtime: Runtime) -> None:
    browser = await signed_in(acme.admin)
    await runtime.redis.aclose()
    runtime.redis = Redis.from_url("redis://127.0.0.1:9/0")
    body = (await browser.get(URL)).json()
    assert (body["queue_depth"], body["workers"], body["versions"]["redis"]) == (-1, [], "not reachable")
    assert next(check for check in body["checks"] if check["name"] == "redis")["ok"] is False


async def test_others_are_refused(acme: Tenant, signed_in: SignedIn) -> None:
    assert (await (await signed_in(acme.technician)).get(URL)).status_code == 403
    assert (await (await signed_in(acme.farmer)).get(URL)).status_code == 403
