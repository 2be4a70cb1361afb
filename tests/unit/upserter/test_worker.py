import base64
import math
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from libs.common.control import CollectionState, FilledBy
from libs.common.errors import Code
from libs.common.messages import Inference, PointRecord
from tests.support.records import point_record
from tests.unit.upserter.conftest import Upserter


async def test_a_stored_file_is_told_as_stored_and_can_be_read(upserter: Upserter) -> None:
    record = point_record(upserter.file(), sha256="a" * 64)
    reported = await upserter.run(record)
    outcome = reported.outcomes["job-1", record.file.file_id]
    assert (outcome.outcome, outcome.source, outcome.caption) == ("stored", "batch_ml", "a")
    assert (outcome.code, outcome.existing_id, reported.errors) == (None, None, [])
    [point] = await upserter.store.retrieve(upserter.collection, [record.file.file_id], vectors=True)
    assert point.vector == [1, 0, 0, 0]
    assert point.payload["file_hash"] == "a" * 64
    assert base64.b64decode(point.payload["thumbnail_base64"]) == b"jpeg"


async def test_a_cache_hit_keeps_its_source(upserter: Upserter) -> None:
    record = structs.replace(point_record(upserter.file()), source="cache")
    reported = await upserter.run(record)
    assert reported.by_name()["a.jpg"].source == "cache"


async def test_a_file_twice_in_a_batch_is_told_once_and_the_later_wins(upserter: Upserter) -> None:
    file = upserter.file()
    reported = await upserter.run(
        point_record(file, sha256="1" * 64), point_record(file, (0, 1, 0, 0), sha256="2" * 64)
    )
    assert [outcome.outcome for outcome in reported.outcomes.values()] == ["stored"]
    [point] = await upserter.store.retrieve(upserter.collection, [file.file_id])
    assert point.payload["file_hash"] == "2" * 64


async def test_a_file_of_two_jobs_is_told_to_both(upserter: Upserter) -> None:
    one, other = (point_record(upserter.file(job=job)) for job in ("job-1", "job-2"))
    reported = await upserter.run(one, other)
    assert set(reported.outcomes) == {("job-1", one.file.file_id), ("job-2", one.file.file_id)}
    assert len(await upserter.stored()) == 1


async def test_the_model_is_recorded_before_the_first_point(upserter: Upserter) -> None:
    await upserter.run(point_record(upserter.file()))
    await upserter.run(point_record(upserter.file("b.jpg")))
    recorded = [row for row in upserter.control.written if isinstance(row, FilledBy)]
    assert recorded == [FilledBy(name=upserter.collection, generation="g1", model="m1")]


async def test_another_model_fails_the_files_and_each_job_once(upserter: Upserter) -> None:
    await upserter.run(point_record(upserter.file()))
    reported = await upserter.run(
        point_record(upserter.file("b.jpg"), model="m2"),
        point_record(upserter.file("c.jpg"), model="m2"),
        point_record(upserter.file("d.jpg", job="job-2"), model="m2"),
        point_record(upserter.file("e.jpg"), model="m1"),
    )
    found = {name: (outcome.outcome, outcome.code) for name, outcome in reported.by_name().items()}
    assert found == {
        "b.jpg": ("failed", Code.MODEL_MISMATCH),
        "c.jpg": ("failed", Code.MODEL_MISMATCH),
        "d.jpg": ("failed", Code.MODEL_MISMATCH),
        "e.jpg": ("stored", None),
    }
    assert sorted((error.job_id, error.code) for error in reported.errors) == [
        ("job-1", Code.MODEL_MISMATCH),
        ("job-2", Code.MODEL_MISMATCH),
    ]
    assert sorted((await upserter.stored()).values()) == ["/photos/a.jpg", "/photos/e.jpg"]


async def test_of_two_models_in_the_first_batch_one_is_let_in(upserter: Upserter) -> None:
    reported = await upserter.run(
        point_record(upserter.file("a.jpg"), model="m1"), point_record(upserter.file("b.jpg"), model="m2")
    )
    assert sorted(outcome.outcome for outcome in reported.outcomes.values()) == ["failed", "stored"]
    assert len(await upserter.stored()) == 1


async def test_a_model_recorded_by_another_replica_is_seen(upserter: Upserter) -> None:
    await upserter.control.refresh()
    upserter.control.written.append(FilledBy(name=upserter.collection, generation="g1", model="m0"))
    reported = await upserter.run(point_record(upserter.file()))
    assert reported.by_name()["a.jpg"].code is Code.MODEL_MISMATCH


async def test_a_wrong_size_says_what_to_do(upserter: Upserter) -> None:
    reported = await upserter.run(point_record(upserter.file(), (1.0,) * 6))
    assert reported.by_name()["a.jpg"].code is Code.VECTOR_SIZE_MISMATCH
    [error] = reported.errors
    assert error.code is Code.VECTOR_SIZE_MISMATCH
    for part in (upserter.collection, "vectors of 4", "makes 6", "vector_size 6"):
        assert part in error.error
    assert not any(isinstance(row, FilledBy) for row in upserter.control.written)


async def test_points_of_another_generation_are_not_stored(upserter: Upserter) -> None:
    reported = await upserter.run(
        point_record(upserter.file("old.jpg", generation="g0")),
        point_record(upserter.file("older.jpg", generation="g0")),
        point_record(upserter.file("now.jpg")),
    )
    found = {name: outcome.code for name, outcome in reported.by_name().items()}
    assert found == {"old.jpg": Code.COLLECTION_GONE, "older.jpg": Code.COLLECTION_GONE, "now.jpg": None}
    assert [(error.job_id, error.code) for error in reported.errors] == [("job-1", Code.COLLECTION_GONE)]
    assert list((await upserter.stored()).values()) == ["/photos/now.jpg"]


async def test_a_generation_that_is_news_is_looked_up_before_it_is_refused(upserter: Upserter) -> None:
    await upserter.control.refresh()
    upserter.control.written.append(CollectionState(name=upserter.collection, generation="g2"))
    reported = await upserter.run(point_record(upserter.file(generation="g2")))
    assert reported.by_name()["a.jpg"].outcome == "stored"


async def test_a_collection_deleted_under_the_job_is_gone_and_not_made_again(upserter: Upserter) -> None:
    await upserter.run(point_record(upserter.file()))
    await upserter.store.delete(upserter.collection)
    reported = await upserter.run(point_record(upserter.file("b.jpg")))
    assert reported.by_name()["b.jpg"].code is Code.COLLECTION_GONE
    assert [error.code for error in reported.errors] == [Code.COLLECTION_GONE]
    assert upserter.collection not in await upserter.store.collections()


async def test_points_that_the_store_refuses_fail_alone(upserter: Upserter) -> None:
    """A bulk is halved until those that are not finite stand alone; the worker's bulks hold four."""
    vectors = {number: (math.nan if number in (3, 4, 9) else 1.0, 0.0, 0.0, 0.0) for number in range(11)}
    reported = await upserter.run(
        *(point_record(upserter.file(f"{number}.jpg"), vector) for number, vector in vectors.items())
    )
    failed = {name for name, outcome in reported.by_name().items() if outcome.outcome == "failed"}
    assert failed == {"3.jpg", "4.jpg", "9.jpg"}
    assert reported.by_name()["3.jpg"].code is Code.STORE_REJECTED
    assert (len(await upserter.stored()), reported.errors) == (8, [])


async def test_an_embedding_that_is_no_list_of_floats_fails_its_file_only(upserter: Upserter) -> None:
    whole = point_record(upserter.file("whole.jpg"))
    broken = [
        structs.replace(
            point_record(upserter.file(f"{length}.jpg")),
            inference=Inference(embedding=b"x" * length, model="m1"),
        )
        for length in (0, 7)
    ]
    reported = await upserter.run(whole, *broken)
    found = {name: outcome.code for name, outcome in reported.by_name().items()}
    assert found == {"whole.jpg": None, "0.jpg": Code.ML_BAD_RESULT, "7.jpg": Code.ML_BAD_RESULT}
    assert reported.errors == []


def smallest(*batch: PointRecord) -> str:
    return str(min(UUID(record.file.file_id) for record in batch))


async def test_a_copy_names_the_smallest_id_of_those_stored(upserter: Upserter) -> None:
    stored = [point_record(upserter.file(name)) for name in ("a.jpg", "b.jpg", "c.jpg")]
    await upserter.run(*stored)
    copy = point_record(upserter.file("copy.jpg"))
    unique = point_record(upserter.file("unique.jpg"), sha256="f" * 64)
    reported = await upserter.run(copy, unique)
    assert reported.by_name()["copy.jpg"].existing_id == smallest(*stored)
    assert reported.by_name()["unique.jpg"].existing_id is None


async def test_copies_inside_a_batch_name_the_first_also_when_the_batch_comes_again(
    upserter: Upserter,
) -> None:
    batch = [point_record(upserter.file(name)) for name in ("a.jpg", "b.jpg", "c.jpg")]
    first = batch[0].file.file_id
    for _ in range(2):
        reported = await upserter.run(*batch)
        found = {name: outcome.existing_id for name, outcome in reported.by_name().items()}
        assert found == {"a.jpg": None, "b.jpg": first, "c.jpg": first}


async def test_a_content_with_many_copies_does_not_hide_the_others(upserter: Upserter) -> None:
    await upserter.run(*(point_record(upserter.file(f"black-{n}.jpg"), sha256="b" * 64) for n in range(60)))
    rare = [point_record(upserter.file(f"rare-{n}.jpg"), sha256=f"{n:064x}") for n in range(3)]
    await upserter.run(*rare)
    reported = await upserter.run(
        point_record(upserter.file("black.jpg"), sha256="b" * 64),
        *(point_record(upserter.file(f"again-{n}.jpg"), sha256=f"{n:064x}") for n in range(3)),
    )
    for number, original in enumerate(rare):
        assert reported.by_name()[f"again-{number}.jpg"].existing_id == original.file.file_id
    assert reported.by_name()["black.jpg"].existing_id is not None


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.lists(
        st.tuples(
            st.integers(0, 6),  # the file
            st.sampled_from(["job-1", "job-2"]),
            st.sampled_from(["g0", "g1"]),
            st.sampled_from([(1.0, 0.0, 0.0, 0.0), (math.inf, 0.0, 0.0, 0.0), (1.0, 0.0)]),
        ),
        min_size=1,
        max_size=20,
    )
)
async def test_every_file_of_a_batch_is_told_once_a_job_and_stored_means_readable(
    upserter: Upserter, batch: list[tuple[int, str, str, tuple[float, ...]]]
) -> None:
    # One shape a file, as a file has one record at a time in the pipeline.
    chosen = {(number, job): (generation, vector) for number, job, generation, vector in batch}
    made = [
        point_record(upserter.file(f"{number}-{job}.jpg", job=job, generation=generation), vector)
        for (number, job), (generation, vector) in chosen.items()
    ]
    reported = await upserter.run(*made)
    assert set(reported.outcomes) == {(record.file.job_id, record.file.file_id) for record in made}
    stored = await upserter.stored()
    assert {file for (_, file), each in reported.outcomes.items() if each.outcome == "stored"} <= set(stored)
