"""What a service keeps is for its own user alone."""

import os
import signal
import stat
from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.runtime.private import keep_private
from libs.common.runtime.process import run_until_stopped


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_made_for_its_user_alone(tmp_path: Path) -> None:
    keep_private(tmp_path / "a" / "data", "DATA_DIR")
    assert mode_of(tmp_path / "a" / "data") == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o777])
def test_one_that_others_may_enter_is_refused_with_the_command_that_closes_it(
    tmp_path: Path, mode: int
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(SluiceError, match=f"DATA_DIR .*: chmod 700 {folder}") as refusal:
        keep_private(folder, "DATA_DIR")
    assert refusal.value.code is Code.BAD_SETTING


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_a_volume_of_another_owner_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    os.chown(folder, 10001, 10001)
    keep_private(folder, "DATA_DIR")


def test_what_a_service_makes_is_private(tmp_path: Path) -> None:
    async def make(_: object) -> None:
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "file").write_text("secret")
        os.kill(os.getpid(), signal.SIGTERM)

    before = os.umask(0o022)
    try:
        assert run_until_stopped(make, 10.0) == 0
        assert (mode_of(tmp_path / "made"), mode_of(tmp_path / "made" / "file")) == (0o700, 0o600)
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
