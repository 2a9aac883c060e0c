"""A database of a million scans, shaped like a busy installation: three organisations of very unequal size, a few
large farms and many small ones, sessions in bursts, devices that fell silent, values that are common and values that
are rare.

Runs as the superuser of a throw-away cluster: COPY, triggers off, secondary indexes rebuilt at the end.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString
from uuid import UUID

import numpy as np
import numpy.typing as npt
import orjson
import psycopg
from psycopg import sql

Ints = npt.NDArray[np.int64]
CHUNK_ROWS = 20_000
YEARS = 3
NULL = r"\N"
STATUSES = ("graded", "ingested", "error", "uploaded")
REVIEWS = ("accepted", "unreviewed", "marginal", "rejected")
KINDS = ("ribeye_ultrasound", "camera_still", "clip")
CERTAINTIES = (*["high"] * 13, *["medium"] * 5, "low", "abstained")
MODELS = ("ribeye-unetpp@1.1.0", "ribeye-unetpp@1.0.0")
FIRST_TAG = 10_000
SEXES = ("steer", "heifer", "cow", "bull")
HERD_STATUSES = ("active", "sold", "dead", "archived")
LABELS = 120
RARE_LABEL = "needs-second-opinion"
# What a device sends along: rows of the real size, so that pages of the table hold as few of them as in life.
META = orjson.dumps(
    {
        "meta_version": "1.0.0",
        "image_sha256": "0" * 64,
        "mask_sha256": "0" * 64,
        "files": {"image_relpath": "image.png", "mask_relpath": "mask.png", "extra": ["chute.jpg"]},
        "probe": {"model": "EXAGO 3.5", "frequency_mhz": 3.5},
        "firmware": {"app_version": "2.14.3", "pi_os": "Debian GNU/Linux 12 (bookworm)"},
        "inference_summary": {"ribeye_bbox": [112, 96, 402, 288], "mask_iou_hint": 0.91},
        "image": {"width": 800, "height": 600},
        "clarity": "good",
        "usability": "good",
    }
).decode()
LEVELS = ("good", "medium", "bad")
GRADING = '{"grade": "AAA", "imf_pct": 4.1, "backfat_mm": 9.6, "ribeye_area_cm2": 82.4, "weight_kg": 612}'
CALIBRATION = '{"mm_per_px_x": 0.352, "mm_per_px_y": 0.352, "depth_mm": 180, "source": "device"}'
SECONDARY: LiteralString = (
    "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
    " WHERE indrelid = %s::regclass AND NOT indisunique"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything an organisation has."""

    slug: str
    share: float
    farms: int
    devices: int
    groups: int
    animals: int
    people: int


SIZES = (
    Size("prairie", 0.80, 60, 150, 600, 100_000, 24),
    Size("coastal", 0.15, 20, 40, 120, 8_000, 8),
    Size("hilltop", 0.05, 3, 5, 20, 2_000, 3),
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Identifiers of an organisation's people, places and things, as hex."""

    size: Size
    org: str
    people: list[str]
    farms: list[str]
    devices: list[str]
    groups: list[str]
    animals: list[str]
    device_farm: Ints
    group_farm: Ints
    animal_group: Ints


def zipf(random: np.random.Generator, values: int, n: int, skew: float = 1.0) -> Ints:
    """Indexes into `values` things: the first ones often, the last ones hardly ever."""
    weights: npt.NDArray[np.float64] = 1 / np.arange(1, values + 1) ** skew
    return random.choice(values, n, p=weights / weights.sum())


def uuids(random: np.random.Generator, at_ms: Ints) -> list[str]:
    """UUIDv7 made at these instants, as hex."""
    raw = random.integers(0, 256, (len(at_ms), 16), dtype=np.uint8)
    raw[:, :6] = at_ms.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    raw[:, 6] = 0x70 | (raw[:, 6] & 0x0F)
    raw[:, 8] = 0x80 | (raw[:, 8] & 0x3F)
    digits = raw.tobytes().hex()
    return [digits[at : at + 32] for at in range(0, len(digits), 32)]


def make_fleet(random: np.random.Generator, size: Size, since_ms: int) -> Fleet:
    def some(n: int) -> list[str]:
        return uuids(random, np.full(n, since_ms))

    group_farm = random.integers(0, size.farms, size.groups)
    return Fleet(
        size=size,
        org=some(1)[0],
        people=some(size.people),
        farms=some(size.farms),
        devices=some(size.devices),
        groups=some(size.groups),
        animals=some(size.animals),
        device_farm=zipf(random, size.farms, size.devices, 0.8),
        group_farm=group_farm,
        animal_group=random.integers(0, size.groups, size.animals),
    )


def copy(session: psycopg.Connection, table: str, columns: str, rows: Iterator[str]) -> None:
    """COPY tab-separated lines into a table."""
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(name) for name in columns.split())
    )
    with session.cursor().copy(into) as stream:
        for row in rows:
            stream.write(row)


def write_fleet(session: psycopg.Connection, fleet: Fleet) -> None:
    """The organisation itself: people with roles, farms, devices, groups, animals."""
    size, org = fleet.size, fleet.org
    copy(session, "organizations", "id slug name", iter([f"{org}\t{size.slug}\t{size.slug.title()}\n"]))
    roles = ["admin", *("farmer" if n % 3 == 0 else "technician" for n in range(1, size.people))]
    people = zip(fleet.people, roles, strict=True)
    copy(
        session,
        "users",
        "id email full_name",
        (f"{who}\t{size.slug}-{n}@load.example\tPerson {n}\n" for n, who in enumerate(fleet.people)),
    )
    copy(session, "memberships", "id org_id user_id role", (f"{who}\t{org}\t{who}\t{role}\n" for who, role in people))
    copy(session, "farms", "id org_id name", (f"{farm}\t{org}\tFarm {n}\n" for n, farm in enumerate(fleet.farms)))
    copy(
        session,
        "devices",
        "id org_id device_code label farm_id",
        (
            f"{device}\t{org}\t{size.slug}-dev-{n:04}\tChute {n}\t{fleet.farms[fleet.device_farm[n]]}\n"
            for n, device in enumerate(fleet.devices)
        ),
    )
    copy(
        session,
        "groups",
        "id org_id farm_id name external_id",
        (
            f"{group}\t{org}\t{fleet.farms[fleet.group_farm[n]]}\tPen {n}\tpen-{n}\n"
            for n, group in enumerate(fleet.groups)
        ),
    )
    copy(session, "animals", "id org_id farm_id group_id tag_id rfid breed sex birth_date status", animal_rows(fleet))


def animal_rows(fleet: Fleet) -> Iterator[str]:
    for n, animal in enumerate(fleet.animals):
        group = fleet.animal_group[n]
        farm = fleet.farms[fleet.group_farm[group]]
        place = f"{animal}\t{fleet.org}\t{farm}\t{fleet.groups[group]}"
        known = f"Angus\t{sex_of(n)}\t2025-03-{n % 28 + 1:02}\t{herd_status(n)}"
        yield f"{place}\t{FIRST_TAG + n}\t9840000{n:08}\t{known}\n"


def sex_of(n: int) -> str:
    """Steers and heifers in halves, a cow in twenty, a bull in two hundred."""
    return SEXES[3] if n % 200 == 7 else SEXES[2] if n % 20 == 3 else SEXES[n % 2]


def herd_status(n: int) -> str:
    """Four in five live, a few hundred have died, a few dozen records are put away."""
    return HERD_STATUSES[3] if n % 2_500 == 11 else HERD_STATUSES[2] if n % 250 == 5 else HERD_STATUSES[int(n % 5 == 1)]


@dataclass(frozen=True, slots=True)
class Captures:
    """One organisation's scans, a column each, oldest arrival first."""

    captured_ms: Ints
    created_ms: Ints
    device: Ints
    farm: Ints
    group: Ints
    animal: Ints
    operator: Ints
    status: Ints
    review: Ints
    kind: Ints
    label: Ints
    grader: Ints


def make_captures(random: np.random.Generator, fleet: Fleet, n: int, now_ms: int) -> Captures:
    """Draw the columns; -1 stands for null."""
    size = fleet.size
    device = zipf(random, size.devices, n)
    captured = now_ms - (session_ages(random, device, n) * 86_400_000).astype(np.int64)
    late = random.exponential(np.where(random.random(n) < 0.05, 2 * 86_400_000, 4_000)).astype(np.int64)
    created = np.minimum(captured + late + 500, now_ms)
    order = np.argsort(created, kind="stable")
    # Most scans lie on their device's farm, and a device works with the animals of that farm.
    farm = np.where(random.random(n) < 0.03, random.integers(0, size.farms, n), fleet.device_farm[device])
    animal = random.integers(0, size.animals, n)
    status = random.choice(4, n, p=(0.955, 0.03, 0.012, 0.003))
    review = np.where(status == 0, random.choice(4, n, p=(0.55, 0.36, 0.06, 0.03)), 1)
    return Captures(
        captured_ms=captured[order],
        created_ms=created[order],
        device=device[order],
        farm=np.where(random.random(n) < 0.01, -1, farm)[order],
        group=fleet.animal_group[animal][order],
        animal=np.where(random.random(n) < 0.15, -1, animal)[order],
        operator=np.where(random.random(n) < 0.2, -1, zipf(random, size.people, n, 0.7))[order],
        status=status[order],
        review=review[order],
        kind=random.choice(3, n, p=(0.9745, 0.025, 0.0005))[order],
        label=labels(random, n)[order],
        grader=np.where(status == 0, random.choice(len(MODELS) + size.people, n, p=grader_shares(size.people)), -1)[
            order
        ],
    )


def grader_shares(people: int) -> npt.NDArray[np.float64]:
    """Models grade nearly everything; people correct a few, some of them hardly any."""
    by_people = 0.03 / 2 ** np.arange(1, people + 1)
    shares: npt.NDArray[np.float64] = np.concatenate([[0.77, 0.2], by_people])
    return np.divide(shares, shares.sum())


def session_ages(random: np.random.Generator, device: Ints, n: int) -> npt.NDArray[np.float64]:
    """Age in days: busy days in bursts, and every tenth device silent since its first year."""
    day = np.floor(random.random(n) * YEARS * 365 / 3) * 3
    age = day + random.beta(2, 3, n) * 0.4
    silent = device % 10 == 9
    return np.where(silent, age / YEARS + (YEARS - 1) * 365, age)


def labels(random: np.random.Generator, n: int) -> Ints:
    """Seven in ten without a label; one label on a few dozen scans only."""
    drawn = np.where(random.random(n) < 0.7, -1, zipf(random, LABELS, n))
    drawn[random.choice(n, max(1, n // 40_000), replace=False)] = LABELS
    return drawn


def scan_rows(fleet: Fleet, drawn: Captures, ids: list[str], images: list[str], first: int) -> Iterator[str]:
    names = [f"session-{n:03}" for n in range(LABELS)] + [RARE_LABEL]
    graders = [*MODELS, *(str(UUID(person)) for person in fleet.people)]
    for n, scan in enumerate(ids):
        device, created = drawn.device[n], instant(drawn.created_ms[n])
        capture = f"cap_{1_600_000_000 + first + n}"
        folder = f"raw/{fleet.size.slug}-dev-{device:04}/2025/01/01/{capture}/"
        yield "\t".join(
            (
                scan,
                fleet.org,
                capture,
                f"s3://cti-load/{folder}",
                "0" * 64,
                KINDS[drawn.kind[n]],
                fleet.devices[device],
                pick(fleet.farms, drawn.farm[n]),
                pick(fleet.groups, drawn.group[n] if drawn.animal[n] >= 0 else -1),
                pick(fleet.animals, drawn.animal[n]),
                pick(fleet.people, drawn.operator[n]),
                instant(drawn.captured_ms[n]),
                STATUSES[drawn.status[n]],
                REVIEWS[drawn.review[n]],
                images[n],
                pick(names, drawn.label[n]),
                pick(graders, drawn.grader[n]),
                certainty(drawn.grader[n], n),
                *quality(n),
                *measured(drawn.grader[n], n),
                thumb_key(scan),
                created,
                created,
                f"SRID=4326;POINT({-113 + device / 100:.5f} {51 + drawn.farm[n] / 100:.5f})",
                GRADING,
                CALIBRATION,
                META + "\n",
            )
        )


SCAN_COLUMNS = (
    "id org_id capture_id ingest_key content_sha256 kind device_id farm_id group_id animal_id operator_id captured_at"
    " status review image_asset_id label graded_by certainty clarity usability rea_cm2"
    " backfat_mm confidence thumb_key created_at updated_at gps device_grading"
    " calibration meta"
)


def asset_rows(fleet: Fleet, drawn: Captures, ids: list[str], images: list[str], first: int) -> Iterator[str]:
    """An image and a thumbnail for each scan."""
    for n, scan in enumerate(ids):
        capture = f"cap_{1_600_000_000 + first + n}"
        folder = f"raw/{fleet.size.slug}-dev-{drawn.device[n]:04}/2025/01/01/{capture}"
        yield f"{images[n]}\t{fleet.org}\t{scan}\timage\tcti-load\t{folder}/image.png\t{'0' * 64}\n"
        # A thumbnail is made just after its image: the next id.
        thumb = f"{int(images[n], 16) ^ 1:032x}"
        yield f"{thumb}\t{fleet.org}\t{scan}\tthumb\tcti-load\t{thumb_key(scan)}\t{'0' * 64}\n"


def thumb_key(scan: str) -> str:
    return f"processed/{scan}/thumb.webp"


def certainty(grader: int, n: int) -> str:
    """What a grading says of itself: nothing without one, `person` where no model made it."""
    if grader < 0:
        return NULL
    return "person" if grader >= len(MODELS) else CERTAINTIES[n % len(CERTAINTIES)]


def quality(n: int) -> tuple[str, str]:
    """Clarity and usability: half of the captures say nothing, few are bad."""
    if n % 2:
        return NULL, NULL
    return LEVELS[min(2, n % 97 // 40)], LEVELS[2 if n % 501 == 0 else 0]


def measured(grader: int, n: int) -> tuple[str, str, str]:
    """Ribeye area, backfat and confidence; one in thirty lies far from what the device claims."""
    if grader < 0:
        return NULL, NULL, NULL
    far = 12.0 if n % 30 == 0 else 0.0
    return (
        f"{82.4 + n % 7 * 0.4 + far + (n % 1009 == 0) * 40:.1f}",
        f"{9.6 + n % 5 * 0.2:.1f}",
        f"{0.3 + n % 70 / 100:.2f}",
    )


def pick(values: list[str], index: int) -> str:
    return values[index] if index >= 0 else NULL


def instant(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def write_scans(session: psycopg.Connection, random: np.random.Generator, fleet: Fleet, n: int, now_ms: int) -> None:
    drawn = make_captures(random, fleet, n, now_ms)
    ids, images = uuids(random, drawn.created_ms), uuids(random, drawn.created_ms)
    first = int.from_bytes(fleet.size.slug.encode()[:2]) * 10_000
    copy(session, "scans", SCAN_COLUMNS, scan_rows(fleet, drawn, ids, images, first))
    columns = "id org_id scan_id role bucket object_key sha256"
    copy(session, "assets", columns, asset_rows(fleet, drawn, ids, images, first))


def without_indexes(session: psycopg.Connection, tables: tuple[str, ...], work: Callable[[], None]) -> None:
    """Do `work` with the tables' secondary indexes dropped, and make the same indexes again afterwards."""
    kept = [row for table in tables for row in session.execute(SECONDARY, (table,)).fetchall()]
    for name, _ in kept:
        session.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(name)))
    try:
        work()
    finally:
        for _, definition in kept:
            session.execute(sql.SQL(definition))


def seed(superuser_url: str, scans: int, *, random_seed: int = 7) -> None:
    """Fill the migrated, empty database at `superuser_url` with `scans` scans."""
    random = np.random.default_rng(random_seed)
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    since_ms = now_ms - YEARS * 366 * 86_400_000

    def fill() -> None:
        for size in SIZES:
            fleet = make_fleet(random, size, since_ms)
            write_fleet(session, fleet)
            write_scans(session, random, fleet, round(scans * size.share), now_ms)

    with psycopg.connect(superuser_url, autocommit=True) as session:
        # Foreign keys hold by construction, and the totals are filled in one go below.
        session.execute("SET session_replication_role = replica")
        session.execute("SET maintenance_work_mem = '1GB'")
        without_indexes(session, ("scans", "assets"), fill)
        session.execute(
            "INSERT INTO scan_totals (org_id, farm_id, status, review, n)"
            " SELECT org_id, farm_id, status, review, count(*) FROM scans GROUP BY 1, 2, 3, 4"
        )
        session.execute(
            "UPDATE devices SET captures_count = n FROM (SELECT device_id, count(*) n FROM scans GROUP BY 1) sent"
            " WHERE device_id = id"
        )
        session.execute("VACUUM (ANALYZE)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="postgresql://… of a superuser, on a migrated and empty database")
    parser.add_argument("--scans", type=int, default=1_000_000)
    given = parser.parse_args()
    seed(given.url, given.scans)


if __name__ == "__main__":
    main()
