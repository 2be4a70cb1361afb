"""Rows on disk are those that were written, and a disk that fills loses none."""

from pathlib import Path

import numpy as np
import pytest

from services.upserter.tasks import comparing
from services.upserter.tasks.rows import RowFile, subset

RANDOM = np.random.default_rng(1)


def test_what_is_appended_is_mapped_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "BLOCK", 3)
    pages = [RANDOM.normal(size=(n, 4)).astype(np.float32) for n in (5, 2, 1)]
    with RowFile(tmp_path) as file:
        for page in pages:
            file.append(page)
        units = file.mapped()
    assert np.array_equal(units, np.concatenate(pages))
    rows = np.array([7, 0, 4, 4, 2])
    assert np.array_equal(subset(units, rows, tmp_path), units[rows])
    assert list(tmp_path.iterdir()) == []


def test_nothing_appended_is_a_matrix_without_rows(tmp_path: Path) -> None:
    with RowFile(tmp_path) as file:
        assert file.mapped().shape == (0, 1)
