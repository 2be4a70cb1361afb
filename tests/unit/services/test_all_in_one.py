"""What would keep the whole system from starting is said before anything is started."""

import shutil
import socket
from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError
from services.all_in_one import check_room
from services.settings import RunSettings


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SluiceError, match=f"port {port} is in use") as refused:
            check_room(RunSettings(data_dir=tmp_path, port=port))
    assert refused.value.code == Code.PORT_BUSY


def test_a_disk_without_room_is_said_with_how_much_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=12_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SluiceError, match=r"12 MB are free.*free space in DATA_DIR") as refused:
        check_room(RunSettings(data_dir=tmp_path, port=port))
    assert refused.value.code == Code.DISK_FULL
