"""Where files and sockets go, whatever data directory is asked for."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cti_app.services import FolderUnusable, find_places, places, service_account


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder the services' account can enter, with stand-ins for /run and /var/lib below it."""
    made = Path(tempfile.mkdtemp(prefix="cti-places-"))
    made.chmod(0o755)
    for name, attribute in (("run", "RUN_FOLDER"), ("state", "STATE_FOLDER")):
        (made / name).mkdir()
        monkeypatch.setattr(places, attribute, made / name)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(made / "run"))
    yield made
    shutil.rmtree(made)


def test_everything_lies_below_the_data_directory_but_the_sockets(base: Path) -> None:
    found = find_places(base / "data", service_account())
    assert found.moved is None
    assert found.services == base / "data" / "services"
    assert found.sockets.parent == base / "run"


def test_a_deep_data_directory_gets_a_short_socket_folder(base: Path) -> None:
    deep = base.joinpath(*["a-rather-long-folder-name"] * 6)
    found = find_places(deep, service_account())
    assert len(os.fsencode(found.sockets / ".s.PGSQL.5432")) <= 107


def test_two_data_directories_never_share_sockets(base: Path) -> None:
    account = service_account()
    assert find_places(base / "one", account).sockets != find_places(base / "two", account).sockets


def test_the_same_data_directory_is_found_again(base: Path) -> None:
    account = service_account()
    assert find_places(base / "data", account) == find_places(base / "data", account)


def test_a_folder_that_existed_keeps_its_mode_but_for_what_the_account_needs(base: Path) -> None:
    for name, before, after in (("shared", 0o1777, 0o1777), ("closed", 0o700, 0o711)):
        (base / name).mkdir()
        (base / name).chmod(before)
        find_places(base / name, service_account())
        wanted = after if service_account().drop else before
        assert (base / name).stat().st_mode & 0o7777 == wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_below_a_closed_home_the_services_move_and_say_why(base: Path) -> None:
    home = base / "home"
    home.mkdir(mode=0o700)
    found = find_places(home / "data", service_account())
    assert found.services.parent == base / "state"
    assert found.moved is not None
    assert f"cannot enter {home}" in found.moved
    assert (home / "data" / "services").resolve() == found.services
    assert find_places(home / "data", service_account()) == found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_a_new_data_directory_in_an_old_place_does_not_meet_the_old_cluster(base: Path) -> None:
    home = base / "home"
    home.mkdir(mode=0o700)
    before = find_places(home / "data", service_account())
    shutil.rmtree(home / "data")
    assert find_places(home / "data", service_account()).services != before.services


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_socket_folder_of_somebody_else_is_refused(base: Path) -> None:
    account = service_account()
    sockets = find_places(base / "data", account).sockets
    os.chown(sockets, 65533, 65533)
    with pytest.raises(FolderUnusable, match="belongs to another account"):
        find_places(base / "data", account)


def test_a_link_in_place_of_the_socket_folder_is_refused(base: Path) -> None:
    account = service_account()
    sockets = find_places(base / "data", account).sockets
    sockets.rmdir()
    sockets.symlink_to(base)
    with pytest.raises(FolderUnusable, match="is a link"):
        find_places(base / "data", account)


def test_a_socket_folder_that_is_too_long_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_short_parent", lambda: base / ("x" * 100))
    (base / ("x" * 100)).mkdir()
    with pytest.raises(FolderUnusable, match="too long for a socket"):
        find_places(base / "data", service_account())
