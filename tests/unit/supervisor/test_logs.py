from pathlib import Path

from cti_app.supervisor.logs import keep_short


def test_a_long_log_begins_anew_under_its_writer_and_the_old_one_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 11)
        keep_short(log, longest_bytes=10)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "web.log.1").read_bytes() == b"x" * 11


def test_a_short_or_missing_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    keep_short(log, longest_bytes=10)
    log.write_bytes(b"short")
    keep_short(log, longest_bytes=10)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]
