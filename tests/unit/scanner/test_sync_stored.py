"""The points of a sync next to the files of its job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.events import Outcome
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Spool
from services.scanner.sync.stored import Candidate, StoredPoint, StoredPoints


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


def moved_library(spool: Spool, count: int) -> tuple[StoredPoints, list[tuple[Candidate, str]]]:
    """So many points that are gone, and as many new files that have their content."""
    spool.add([Spooled(file_id=f"new {n}", path=b"/photos/%d.jpg" % n, size=7) for n in range(count)])
    points = StoredPoints(spool)
    points.add([StoredPoint(f"old {n}", b"/old/%d.jpg" % n, 7, f"hash {n}") for n in range(count)])
    return points, [(each, each.file_id.replace("new", "hash")) for each in points.candidates()]


def test_each_gone_point_is_taken_for_one_file_alone(spool: Spool) -> None:
    points, hashed = moved_library(spool, 3)
    twin = (hashed[0][0], hashed[1][1])

    taken = points.take([*hashed, twin, (hashed[2][0], "another hash")])

    assert [(file.file_id, point.id) for file, point in taken] == [(f"new {n}", f"old {n}") for n in range(3)]
    assert points.gone() == 0


def test_finding_moves_takes_work_that_grows_with_their_number_alone(spool: Spool) -> None:
    points, hashed = moved_library(spool, 1000)
    worked = []
    spool.within(lambda db: db.set_progress_handler(lambda: worked.append(1), 1000))

    points.take(hashed)

    # 1,000 files that each looked through all points would take 10 times as many.
    assert len(worked) < 400
