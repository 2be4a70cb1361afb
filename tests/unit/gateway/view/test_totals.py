import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import structs

from libs.common.events import Accepted, Finished, JobEvent, Listed, Outcome, Outcomes
from services.gateway.system import metrics
from services.gateway.view import labelled, queries, retention, totals, writer
from services.gateway.view.schema import open_view
from services.gateway.view.totals import Totals
from services.gateway.view.writer import Happened

TOPIC = "job-status"


@pytest.fixture
def view(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_view(tmp_path / "view.sqlite", "s")
    yield connection
    connection.close()


def fold(view: sqlite3.Connection, *events: JobEvent, first: int = 0) -> None:
    changes = [Happened(event, first + place, 1000.0 + first + place) for place, event in enumerate(events)]
    writer.write(view, changes, TOPIC, {0: first + len(events)})


def begun(job_id: str) -> list[JobEvent]:
    stored = Outcome(file_id="a", file="/photos/a.jpg", outcome="stored", source="batch_ml")
    return [
        Accepted(job_id=job_id, collection="c", partition=0, offset=0, directory_path="/photos"),
        Listed(job_id=job_id, found=3, ignored=0, bytes=9, complete=True),
        Outcomes(job_id=job_id, items=(stored,)),
    ]


def finished(job_id: str) -> Finished:
    return Finished(
        job_id=job_id, state="completed", total=3, stored=2, from_cache=0, failed=1, skipped=0, ignored=0
    )


def test_a_job_counts_in_the_state_that_it_is_in(view: sqlite3.Connection) -> None:
    one, other = str(uuid4()), str(uuid4())
    fold(view, *begun(one), *begun(other))
    assert totals.read(view) == [Totals("running", 2, 2, 0, 0, 4)]

    fold(view, finished(one), first=6)
    assert totals.read(view) == [Totals("completed", 1, 2, 1, 0, 0), Totals("running", 1, 1, 0, 0, 2)]


def test_a_job_whose_time_is_over_leaves_the_view_and_its_files_stay_counted(
    view: sqlite3.Connection,
) -> None:
    old, running = str(uuid4()), str(uuid4())
    fold(view, *begun(old), finished(old), *begun(running))

    drop(view)

    assert queries.job(view, old) is None
    assert queries.job(view, running) is not None
    assert totals.read(view) == [Totals("completed", 0, 2, 1, 0, 0), Totals("running", 1, 1, 0, 0, 2)]


def test_a_late_event_of_a_dropped_job_makes_no_job(view: sqlite3.Connection) -> None:
    job_id = str(uuid4())
    fold(view, *begun(job_id), finished(job_id))
    drop(view)

    fold(view, *begun(job_id)[1:], first=4)

    assert queries.job(view, job_id) is None
    assert retention.is_forgotten(view, job_id)


def test_a_job_that_is_accepted_under_a_dropped_id_is_a_job(view: sqlite3.Connection) -> None:
    job_id = str(uuid4())
    fold(view, *begun(job_id), finished(job_id))
    drop(view)

    fold(view, *begun(job_id), first=4)

    job = queries.job(view, job_id)
    assert job is not None
    assert (job.state, job.stored) == ("running", 1)
    assert not retention.is_forgotten(view, job_id)


def test_reading_the_totals_of_ten_thousand_jobs_takes_no_longer_than_of_ten(tmp_path: Path) -> None:
    assert scrape_steps(tmp_path / "many", 10_000) == scrape_steps(tmp_path / "few", 10)


def scrape_steps(folder: Path, jobs: int) -> int:
    """How many steps of SQLite's machine a scrape takes."""
    view, steps = open_view(folder / "view.sqlite", "s"), 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    ids = [str(uuid4()) for _ in range(jobs)]
    fold(view, *(event for job_id in ids for event in (*sold(job_id, "north"), finished(job_id))))
    view.set_progress_handler(step, 1)
    by_shop = labelled.read(view, ["shop"], "c".__eq__)
    text = metrics.text(totals.read(view), [], {}, labelled=by_shop).decode()
    view.close()
    assert f'sluice_labelled_jobs{{label="shop",state="completed",value="north"}} {float(jobs)}' in text
    assert f'sluice_jobs{{state="completed"}} {float(jobs)}' in text
    assert f'sluice_files_total{{outcome="stored"}} {2.0 * jobs}' in text
    return steps


def sold(job_id: str, shop: str) -> list[JobEvent]:
    """A job that has begun, with labels of its own."""
    first, *rest = begun(job_id)
    assert isinstance(first, Accepted)
    return [structs.replace(first, labels={"shop": shop, "order": job_id}), *rest]


def drop(view: sqlite3.Connection) -> None:
    """Drop what is over, as the view's owner does."""
    while writer.forget(view, 2e9) is not None:
        pass


def test_jobs_and_files_count_by_the_labels_that_are_chosen(view: sqlite3.Connection) -> None:
    for shop in ("north", "north", "south"):
        fold(view, *sold(job := str(uuid4()), shop), finished(job))
    text = metrics.text([], [], {}, labelled=labelled.read(view, ["shop"], "c".__eq__)).decode()
    assert 'sluice_labelled_jobs{label="shop",state="completed",value="north"} 2.0' in text
    assert 'sluice_labelled_files{label="shop",outcome="stored",value="south"} 2.0' in text
    assert "order" not in text
    assert labelled.read(view, ["shop"], "another".__eq__) == []
    assert labelled.read(view, [], "c".__eq__) == []


def test_a_label_of_many_values_makes_no_more_series_than_some(
    view: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelled, "MOST_VALUES", 2)
    for number in range(5):
        first, *rest = begun(job := str(uuid4()))
        assert isinstance(first, Accepted)
        fold(view, structs.replace(first, labels={"order": str(number)}), *rest, finished(job))
    found = labelled.read(view, ["order"], "c".__eq__)
    assert [(each.value == labelled.OTHERS, each.jobs["completed"]) for each in found] == [
        (False, 1), (False, 1), (True, 3),
    ]  # fmt: skip


def test_a_job_counts_by_its_labels_until_it_leaves_the_view(view: sqlite3.Connection) -> None:
    old, running = str(uuid4()), str(uuid4())
    fold(view, *sold(old, "north"), finished(old), *sold(running, "north"))
    (both,) = labelled.read(view, ["shop"], "c".__eq__)
    assert (both.jobs, both.files["stored"]) == ({"completed": 1, "running": 1}, 3)

    drop(view)

    (left,) = labelled.read(view, ["shop"], "c".__eq__)
    assert (left.jobs, left.files["stored"]) == ({"running": 1}, 1)
    assert [each.value for each in labelled.read(view, ["order"], "c".__eq__)] == [running]
