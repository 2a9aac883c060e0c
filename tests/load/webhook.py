"""The webhook's row of the speed table: p95 at 50 requests a second, and throughput as a share of the reference's.

Product and reference run under granian with one worker each, on the same database, and are loaded in turns of seconds,
so that whatever else the machine does meets both. The load comes from a process of its own. Alone:
`python -m tests.load.webhook`.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg

from backend.core.settings import Settings
from cti_app.services import PrivatePostgres, PrivateRedis, find_places, service_account
from tests.load.table import BenchRow, as_markdown, at_least, at_most, percentile
from tests.plugins import cluster as clusters

PRODUCT, REFERENCE = "tests.load.served:create", "tests.load.reference:create"
ROUNDS = 6
BURST_S, PACED_S, WARM_S = 1.5, 10.0, 2.0
PACE_PER_S, PACE_P95_MS, SHARE = 50, 25, 0.6
START_TIMEOUT_S = 30


def run(settings: Settings) -> list[BenchRow]:
    """Measure on a migrated, empty database whose services `settings` name. Takes about 40 s."""
    with psycopg.connect(settings.database_owner_url) as session:
        session.execute(
            "INSERT INTO organizations (id, slug, name, is_default)"
            " VALUES (gen_random_uuid(), 'bench', 'Bench', true) ON CONFLICT DO NOTHING"
        )
    rates: dict[str, list[float]] = {PRODUCT: [], REFERENCE: []}
    with served(PRODUCT, settings) as product_url:
        with served(REFERENCE, settings) as reference_url:
            for name, url in (("p", product_url), ("r", reference_url)):
                _load(url, settings, f"warm-{name}", seconds=WARM_S)
            for turn in range(ROUNDS):
                rates[PRODUCT].append(_throughput(product_url, settings, f"p{turn}"))
                rates[REFERENCE].append(_throughput(reference_url, settings, f"r{turn}"))
        paced = _load(product_url, settings, "paced", seconds=PACED_S, rate=PACE_PER_S)
    product, reference = (sum(measured) / ROUNDS for measured in (rates[PRODUCT], rates[REFERENCE]))
    note = f"{product:.0f} of {reference:.0f} requests/s, {ROUNDS} rounds in turn"
    p95_ms = round(percentile(paced["latencies_ms"], 0.95), 1)
    return [
        at_most(f"webhook, p95 at {PACE_PER_S} requests/s", p95_ms, PACE_P95_MS, "ms", f"{PACED_S:.0f} s, one process"),
        at_least("webhook, throughput by the reference's", round(product / reference, 2), SHARE, "", note),
    ]


@contextmanager
def served(target: str, settings: Settings) -> Iterator[str]:
    """Serve `target` by granian with one worker; yields its address."""
    port = _free_port()
    words = [
        "granian",
        "--interface",
        "asgi",
        "--factory",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    command = [sys.executable, "-m", *words, "--no-ws", "--log-level", "warning", target]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ | environment(settings), stdout=log, stderr=log)
        try:
            _await_port(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def environment(settings: Settings) -> dict[str, str]:
    """What both servers read."""
    return {
        "CTI_DATABASE_URL": settings.database_url,
        "CTI_REDIS_URL": settings.redis_url,
        "CTI_SECRET_KEY": settings.secret_key,
        "CTI_WEBHOOK_SECRETS": ",".join(settings.webhook_secrets),
        "CTI_DATA_DIR": str(settings.data_dir),
    }


def _throughput(url: str, settings: Settings, name: str) -> float:
    """Accepted deliveries a second, as fast as they are answered."""
    burst = _load(url, settings, name, seconds=BURST_S)
    return float(burst["statuses"]["201"]) / float(burst["seconds"])


def _load(url: str, settings: Settings, name: str, *, seconds: float, rate: float = 0) -> Any:
    """Run the load generator; anything but 201 ends the benchmark."""
    numbers = ["--seconds", str(seconds), "--rate", str(rate)]
    command = [sys.executable, "-m", "tests.load.sender", url, settings.webhook_secrets[0], name, *numbers]
    done = subprocess.run(command, capture_output=True, check=True, timeout=seconds + 60)
    result = json.loads(done.stdout)
    if set(result["statuses"]) != {"201"}:
        raise RuntimeError(f"the server answered {result['statuses']} instead of 201 alone")
    return result


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    until = monotonic() + START_TIMEOUT_S
    while monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise TimeoutError(f"the server did not listen within {START_TIMEOUT_S} s")


@contextmanager
def platform() -> Iterator[Settings]:
    """A private PostgreSQL, tuned as the product's own, and a Redis, both gone afterwards."""
    account = service_account()
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder, ExitStack() as stack:
        places = find_places(Path(folder), account)
        log = places.logs / "services.log"
        postgres = stack.enter_context(PrivatePostgres(places.postgres, places.sockets, account, log=log))
        redis = stack.enter_context(PrivateRedis(places.redis, places.sockets, account, log=log))
        clusters.make_templates(postgres)
        yield Settings(
            _env_file=None,
            data_dir=Path(folder) / "data",
            secret_key="a-secret-key-for-benchmarks-of-enough-length",
            webhook_secrets=["webhook-secret-of-the-benchmark"],
            database_url=postgres.url("cti_app", clusters.TEMPLATE),
            database_owner_url=postgres.url("cti_owner", clusters.TEMPLATE),
            redis_url=redis.url(),
        )
        clusters.remove(places)


def main() -> None:
    """Measure on services of its own and print the rows."""
    with platform() as settings:
        sys.stdout.write(as_markdown(run(settings)))


if __name__ == "__main__":
    main()
