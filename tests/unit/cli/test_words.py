"""What the demo tells a person: progress, the report, and counts that are not what they must be."""

import io
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from cli.demo import Demo
from cli.expected import Expected, differences
from libs.common.errors import Code
from sluice.cli import duplicate_rows
from sluice.cli.jobs import report
from sluice.cli.jobs.progress import ProgressView, duration, words
from sluice.models.duplicates import Group, Member
from sluice.models.jobs import Counts, FailedFile, JobStatus, Result, SyncFound
from sluice.models.photos import PhotoPayload

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def finished() -> JobStatus:
    return JobStatus(
        job_id="j",
        created_at=NOW,
        state="completed",
        total_files=23,
        counts=Counts(total=23, stored=21, from_cache=1, failed=1, skipped=1, ignored=1),
        skipped_counts={"unsupported_type": 1},
        exact_duplicates_count=1,
        result=Result(
            [
                FailedFile("/photos/a.txt", "Skipped non-image file", "unsupported_type"),
                FailedFile("/photos/b.jpg", "The file ends too early", "truncated_image"),
            ]
        ),
    )


EXPECTED = Expected(stored=21, duplicates=1, failed={Code.TRUNCATED_IMAGE: 1}, ignored=1, no_pictures=1)


def test_progress_tells_counts_rate_and_time_left() -> None:
    status = JobStatus(
        job_id="j",
        created_at=NOW,
        state="running",
        total_files=40,
        counts=Counts(total=10, stored=8, failed=2),
        rate=5.04,
        eta_seconds=6.2,
    )
    assert words(status) == "40 listed, 10 done, 2 failed, 5.0/s, 6 s left"


def test_progress_tells_what_is_waited_for() -> None:
    status = JobStatus(
        job_id="j",
        created_at=NOW,
        state="running",
        total_files=4,
        waiting_reason="the ML service does not answer",
    )
    assert words(status).endswith(", the ML service does not answer")


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (3725, "1 h 2 min")])
def test_durations_read_as_people_write_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_report_tells_copies_and_the_reason_of_each_failure() -> None:
    text = "\n".join(report.lines(finished(), Path("/photos")))
    assert "1 from the cache, 1 copy of another file" in text
    assert " b.jpg: The file ends too early (truncated_image)" in text
    assert "ignored       1" in text
    assert "skipped       1   1 not pictures" in text
    assert "a.txt" not in text


@pytest.mark.parametrize(
    ("source", "shown"),
    [(Path("/photos"), "b.jpg"), (Path("/photos/b.jpg"), "b.jpg"), (None, "/photos/b.jpg")],
)
def test_a_failed_file_is_called_as_seen_from_what_was_ingested(source: Path | None, shown: str) -> None:
    assert f"           {shown}: The file ends too early (truncated_image)" in report.lines(
        finished(), source
    )


def test_counts_as_expected_give_no_difference() -> None:
    assert differences(finished(), EXPECTED) == []


def test_every_count_that_differs_is_named() -> None:
    wanted = Expected(stored=22, duplicates=0, failed={Code.TRUNCATED_IMAGE: 2}, ignored=1, no_pictures=1)
    named = [difference.partition(":")[0] for difference in differences(finished(), wanted)]
    assert named == ["stored", "duplicates", "failures by code"]


def test_what_is_waited_for_cannot_command_the_terminal() -> None:
    out = io.StringIO()
    with ProgressView(Console(file=out, width=200, force_terminal=True)) as view:
        view.show(
            JobStatus(
                job_id="j",
                created_at=NOW,
                state="running",
                total_files=4,
                waiting_reason="[red]\x1b]0;mine\x07",
            )
        )
    assert r"[red]\x1b]0;mine\x07" in out.getvalue()


def test_without_a_terminal_progress_is_plain_lines_and_the_last_state_is_among_them() -> None:
    out = io.StringIO()
    with ProgressView(Console(file=out, width=200)) as view:
        for stored in range(22):
            view.show(
                JobStatus(
                    job_id="j", created_at=NOW, state="running", total_files=21, counts=Counts(stored=stored)
                )
            )
        view.show(finished())
    lines = out.getvalue().splitlines()
    assert lines[0].strip() == "21 listed, 0 done, 0 failed"
    assert lines[-1].strip() == "23 listed, 23 done, 1 failed"
    assert "\x1b" not in out.getvalue()
    assert len(lines) < 10


def test_the_report_of_a_sync_says_what_was_found_and_how_to_remove_what_waits() -> None:
    found = SyncFound(added=1, moved=2, unchanged=7, pending=4, reason="4 of 11 files are gone")
    status = JobStatus(state="completed", job_id="j1", created_at=NOW, sync=found)
    text = "\n".join(report.lines(status, None))
    assert "1 added, 0 changed, 2 moved, 0 removed, 7 unchanged" in text
    assert "4   gone files keep their points: 4 of 11 files are gone" in text
    assert "`sluice prune j1` removes them" in text


def test_a_group_of_many_shows_some_and_says_how_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    points = [
        Member(id=str(n), score=0.97, payload=PhotoPayload(), file_path=f"/p/{n}.jpg") for n in range(8)
    ]
    group = Group(group_id="g", keeper_id="0", reason="the oldest file", points=points)
    duplicate_rows.show([group], most=6)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 8
    assert shown[-1] == "  and 2 more files"


def test_the_demo_breaks_its_lines_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    demo = Demo(Path("unused"), nullcontext, Console(file=out, width=40))  # type: ignore[arg-type]
    monkeypatch.setattr("sluice.cli.fitting.columns", lambda: 40)
    demo._detail("broken.jpg: The JPEG ends before the picture does (truncated_image)")
    shown = out.getvalue().splitlines()
    assert max(map(len, shown)) <= 40
    assert "(truncated_image)" in shown[-1]
