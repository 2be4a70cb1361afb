"""Changes are one job once they are quiet; a file that is being written waits."""

import os
from pathlib import Path

from services.scanner.libraries.gathering import LONGEST_S, Gathering


def test_changes_are_taken_together_once_they_are_quiet(tmp_path: Path) -> None:
    changes = Gathering(2.0)
    changes.add([bytes(tmp_path / "b")], 10.0)
    changes.add([bytes(tmp_path / "a")], 11.0)
    assert changes.take(12.5) == []
    assert changes.take(13.0) == [bytes(tmp_path / "a"), bytes(tmp_path / "b")]
    assert (changes.take(20.0), len(changes)) == ([], 0)


def test_a_file_that_grows_waits_until_it_does_not(tmp_path: Path) -> None:
    changes, path = Gathering(2.0), tmp_path / "a.jpg"
    path.write_bytes(b"1")
    changes.add([bytes(path)], 10.0)
    path.write_bytes(b"12")
    assert changes.take(12.0) == []
    assert changes.take(13.0) == []
    assert changes.take(14.0) == [bytes(path)]


def test_where_changes_never_stop_those_that_are_quiet_do_not_wait_for_the_others(tmp_path: Path) -> None:
    changes, first = Gathering(2.0), bytes(tmp_path / "first")
    changes.add([first], 0.0)
    for second in range(1, int(LONGEST_S)):
        changes.add([os.fsencode(tmp_path / str(second))], float(second))
    taken = changes.take(LONGEST_S)
    assert first in taken
    assert bytes(tmp_path / str(int(LONGEST_S) - 1)) not in taken
