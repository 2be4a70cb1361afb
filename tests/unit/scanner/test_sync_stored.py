"""The points of a sync next to the files of its job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.events import Outcome
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Spool
from services.scanner.sync.stored import StoredPoint, StoredPoints


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "job.sqlite")
    yield spool
    spool.close()


def test_a_file_whose_outcome_came_before_its_listing_is_there_and_has_no_times(spool: Spool) -> None:
    """As after a crash: the outcomes of the scanner before this one are read before the folder is listed."""
    spool.fold([Outcome(file_id="a", file="/photos/a.jpg", outcome="skipped")])
    spool.add([Spooled(file_id="a", path=b"/photos/a.jpg", size=7, mtime_ns=8, ctime_ns=9)])
    points = StoredPoints(spool)
    points.add([StoredPoint("a", b"/photos/a.jpg", 7, "hash")])

    (found,) = points.listed(["a"], {"a": b"/photos/a.jpg"}).values()

    assert (found.size, found.mtime_ns, found.ctime_ns) == (0, 0, 0)
    assert points.gone() == 0
