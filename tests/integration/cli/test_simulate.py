"""`cti simulate` and `cti demo` before anything is sent: what is refused, and what the demo starts."""

import json
from pathlib import Path

import psycopg
import pytest

from backend.core.settings import Settings
from cti_app.commands.demo import simulator
from cti_app.platform import Platform
from tests.integration.cli.conftest import Cti

NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--faults", "gremlins"), "No such fault: gremlins. There are duplicate"),
        (("--images", "nowhere"), "nowhere"),
        (("--keys-file", "nowhere.json"), "cannot be read as JSON"),
        (("--rate", "0"), "rate"),
        (("--devices", "0"), "devices"),
    ],
)
def test_what_makes_no_sense_ends_with_code_2(cti: Cti, words: tuple[str, ...], hint: str) -> None:
    said = cti("simulate", *words, "--url", NOBODY)
    assert said.code == 2
    assert hint in said.err


def test_a_folder_without_images_and_a_file_without_keys_are_refused(cti: Cti, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "keys.json").write_text("{}")
    assert cti("simulate", "--images", str(tmp_path)).code == 2
    assert cti("simulate", "--keys-file", str(tmp_path / "keys.json")).code == 2


def test_where_nobody_answers_it_ends_with_code_4(cti: Cti, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"dev-0001": "cti_dev_x"}))
    said = cti("simulate", "--url", NOBODY, "--keys-file", str(keys), "--count", "1", "--json")
    sent, result, error = [json.loads(line) for line in said.out.splitlines()]
    assert (sent["device"], sent["status"]) == ("dev-0001", 0)
    assert result == {"sent": 1, "by_status": {"0": 1}}
    assert said.code == error["error"]["exit_code"] == 4


def test_devices_of_its_own_are_registered_once_and_get_fresh_keys(cti: Cti, superuser_url: str) -> None:
    for _ in range(2):
        assert cti("simulate", "--devices", "2", "--duration", "0.1", "--url", NOBODY).code in {0, 4}
    with psycopg.connect(superuser_url) as session:
        devices = session.execute("SELECT device_code, registered FROM devices ORDER BY 1").fetchall()
        keys = session.execute("SELECT count(*), count(revoked_at) FROM device_keys").fetchone()
    assert devices == [("sim-0001", True), ("sim-0002", True)]
    assert keys == (4, 2)


def test_the_demo_sends_the_frames_it_is_given(settings: Settings, tmp_path: Path) -> None:
    program = simulator(Platform(settings), tmp_path / "frames", 0.5)
    assert program.argv[program.argv.index("--images") + 1] == str(tmp_path / "frames")
    assert "--images" not in simulator(Platform(settings), None, 0.5).argv
