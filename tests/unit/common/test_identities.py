"""Identities: the same thing has the same id, different things have different ones."""

from uuid import UUID, uuid4, uuid5

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from libs.common import ids
from libs.common.topics import key_partition

paths = st.binary(min_size=1, max_size=80).map(lambda name: b"/" + name.replace(b"\0", b"x"))


@given(first=paths, second=paths)
def test_files_share_an_id_only_if_they_are_the_same(first: bytes, second: bytes) -> None:
    same = ids.file_id("photos", first) == ids.file_id("photos", second)
    assert same == (first == second)


@given(path=paths)
def test_a_file_has_another_id_in_another_collection(path: bytes) -> None:
    assert ids.file_id("a", path) != ids.file_id("b", path)
    assert UUID(ids.file_id("a", path)).version == 5


@given(key=st.text(max_size=40))
def test_ids_are_those_of_the_standard(key: str) -> None:
    assert ids.job_id_for_key(key) == str(uuid5(ids._NAMESPACE, f"key\0{key}"))


@given(path=paths)
def test_any_name_can_be_shown(path: bytes) -> None:
    ids.display_name(path).encode("utf-8")


def test_odd_bytes_are_shown_as_escapes() -> None:
    assert ids.display_name(b"/a/\xff.jpg") == "/a/\\xff.jpg"


def test_a_redelivered_record_names_the_same_job() -> None:
    first = ids.job_id_for_record("ingest", 3, 17)
    assert first == ids.job_id_for_record("ingest", 3, 17)
    assert first != ids.job_id_for_record("ingest", 3, 18)
    assert ids.job_id_for_key("k") != ids.job_id_for_key("l")


@given(key=st.text(max_size=60), partitions=st.integers(1, 60))
def test_keys_go_where_kafka_puts_them(key: str, partitions: int) -> None:
    every = list(range(partitions))
    assert key_partition(key, partitions) == DefaultPartitioner()(key.encode(), every, every)


@given(file=st.uuids(), partitions=st.integers(1, 60))
def test_a_file_has_one_partition_whoever_asks(file: UUID, partitions: int) -> None:
    assert ids.file_partition(str(file), partitions) == file.int % partitions


def test_files_spread_over_all_partitions() -> None:
    used = {ids.file_partition(str(uuid4()), 12) for _ in range(500)}
    assert used == set(range(12))
