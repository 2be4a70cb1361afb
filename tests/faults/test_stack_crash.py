"""The mover's process ends in the middle of a stack: after the next start it lies in one place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archiving import (
    ARCHIVE_ID,
    Mortals,
    archive_stack,
    calls_of,
    contents,
    executor,
    make_stack,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def mortals() -> Iterator[Mortals]:
    made = Mortals()
    yield made
    made.close()


def test_after_a_crash_a_stack_lies_in_one_place(mortals: Mortals, tmp_path: Path) -> None:
    make_stack(tmp_path / "count" / "p")
    calls = calls_of(archive_stack, tmp_path / "count" / "p")
    found = set()
    for number in range(calls):
        root = tmp_path / str(number) / "p"
        make_stack(root)
        whole = contents(root)

        mortals.die(archive_stack, root, number, "after")
        shop = executor(root)
        if (shop.root / ARCHIVE_ID).is_dir():
            with shop.locks.owned(shop.root / ARCHIVE_ID):
                shop.recover(ARCHIVE_ID)

        assert contents(root) == whole
        found.add(tuple(sorted(path.name for path in root.iterdir() if path.is_file())))
    assert found == {("1.dng", "1.jpg"), ()}
