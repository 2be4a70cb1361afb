import random
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Code, SluiceError
from libs.common.events import Member, SimilarGroup, TaskEvent
from services.gateway.view import queries
from services.gateway.view.tasks import queries as tasks_queries
from services.gateway.view.tasks.fold import Task, fold
from services.gateway.view.view import View
from services.gateway.view.writer import Happened

TOPIC = "job-status"
TASK = str(uuid4())


def reported(state: str = "running", task: str = TASK, **fields: object) -> TaskEvent:
    return TaskEvent(job_id=task, kind="find_similar", collection="c", state=state, **fields)  # type: ignore[arg-type]


def group(name: str) -> SimilarGroup:
    return SimilarGroup(
        group_id=name, keeper_id=name, reason="the largest picture", points=(Member(id=name, score=1.0),)
    )


def happened(*events: TaskEvent) -> list[Happened]:
    return [Happened(event, offset, 1000.0 + offset) for offset, event in enumerate(events)]


async def view_of(folder: Path, *events: TaskEvent) -> tuple[Task | None, list[str]]:
    """The task once the events were folded, and the groups of its run."""
    async with View.open(folder / "view.sqlite", "cluster/") as view:
        await view.write(happened(*events), TOPIC, {0: len(events)})
        task = await view.ask(tasks_queries.task, TASK)
        found, _ = await view.ask(tasks_queries.groups, TASK, task.run if task else "", None, 100)
        assert await view.ask(queries.job, TASK) is None
    return task, [each.group_id for each in found]


events = st.lists(
    st.builds(
        reported,
        state=st.sampled_from(["pending", "running", "running", "completed", "failed", "cancelled"]),
        progress=st.floats(0, 100),
        run=st.sampled_from(["", "one", "two"]),
    ),
    min_size=1,
    max_size=12,
)


def folded(records: Sequence[tuple[int, TaskEvent]]) -> list[Task]:
    tasks: list[Task] = []
    for offset, event in records:
        tasks.append(fold(tasks[-1] if tasks else None, event, offset, float(offset)))
    return tasks


@given(events)
def test_progress_never_goes_back_and_nothing_counts_after_the_end(found: list[TaskEvent]) -> None:
    tasks = folded(list(enumerate(found)))

    progress = [task.progress for task in tasks]
    assert progress == sorted(progress)
    first = next((index for index, task in enumerate(tasks) if task.is_over), len(tasks) - 1)
    assert all(task == tasks[first] for task in tasks[first:])


@given(events, st.randoms(use_true_random=False))
def test_reading_records_again_changes_nothing(found: list[TaskEvent], chance: random.Random) -> None:
    records = list(enumerate(found))
    again: list[tuple[int, TaskEvent]] = []
    for index, record in enumerate(records):
        again += [record, *records[: chance.randint(0, index + 1)]]

    assert folded(again)[-1] == folded(records)[-1]


def test_who_submits_may_be_heard_after_the_first_progress() -> None:
    assert folded(list(enumerate([reported(progress=5.0), reported("pending")])))[-1].state == "running"


async def test_groups_of_an_attempt_that_was_begun_anew_are_gone(tmp_path: Path) -> None:
    task, groups = await view_of(
        tmp_path,
        reported("pending"),
        reported(run="one", progress=80.0, groups=(group("a"), group("b"), group("c"))),
        reported(run="two", progress=10.0),
        reported(run="two", progress=70.0, place=1, groups=(group("e"),)),
        reported(run="two", progress=70.0, groups=(group("d"),)),
        reported("completed", run="two", progress=100.0, totals={"groups": 2}),
        reported(run="one", groups=(group("late"),)),
    )

    assert task is not None
    assert (task.state, task.progress, task.totals) == ("completed", 100.0, {"groups": 2})
    assert groups == ["d", "e"]


async def test_the_last_task_of_each_collection_is_told(tmp_path: Path) -> None:
    other = str(uuid4())
    async with View.open(tmp_path / "view.sqlite", "cluster/") as view:
        changes = happened(reported("failed"), reported("pending", other))
        await view.write(changes, TOPIC, {0: 2})
        latest = await view.ask(tasks_queries.latest, "find_similar")
        running = await view.ask(tasks_queries.unfinished, "find_similar", "c")
        none = await view.ask(tasks_queries.unfinished, "merge", "c")

    assert [task.task_id for task in latest] == [other]
    assert running is not None
    assert running.task_id == other
    assert none is None


async def test_a_cursor_that_nobody_gave_is_refused(tmp_path: Path) -> None:
    async with View.open(tmp_path / "view.sqlite", "cluster/") as view:
        with pytest.raises(SluiceError) as refusal:
            await view.ask(tasks_queries.groups, TASK, "one", "-1; --", 10)

    assert refusal.value.code is Code.INVALID_REQUEST


async def test_tasks_of_long_ago_are_forgotten_but_for_the_last_one_of_a_collection(tmp_path: Path) -> None:
    ids = [str(uuid4()) for _ in range(3)]
    async with View.open(tmp_path / "view.sqlite", "cluster/") as view:
        for offset, task in enumerate(ids):
            found = reported("completed", task=task, run="one", groups=(group("a"), group("b")))
            await view.write([Happened(found, offset, 1000.0 + offset)], TOPIC, {0: offset + 1})
        await view.forget(2000.0)
        kept = [await view.ask(tasks_queries.task, task) for task in ids]
        groups = [await view.ask(tasks_queries.groups, task, "one", None, 10) for task in ids]
    assert [task is not None for task in kept] == [False, False, True]
    assert [len(found) for found, _ in groups] == [0, 0, 2]
