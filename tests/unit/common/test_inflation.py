"""Batches as aiokafka's own builder makes them, read as a fetch reads them."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from libs.common.kafka.inflation import LARGEST_BATCH_BYTES, BoundedRecords, bound_inflation

CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@pytest.fixture(autouse=True)
def bounded() -> None:
    bound_inflation()


def batch(codec: str, *values: bytes, base: int = 0) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=CODECS.get(codec, 0), is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=1 << 30,
    )  # fmt: skip
    for offset, value in enumerate(values):
        builder.append(offset, timestamp=1, key=b"k", value=value, headers=[])
    made = bytearray(builder.build())
    made[:8] = base.to_bytes(8)
    return bytes(made)


def read(fetched: bytes) -> Iterator[Any]:
    records = BoundedRecords(fetched)
    while records.has_next():
        yield from records.next_batch()


@pytest.mark.parametrize("codec", ["none", *CODECS])
def test_what_is_of_a_usual_size_is_read_as_it_is(codec: str) -> None:
    values = [b"a" * 900_000, b"b", b""]
    found = list(read(batch(codec, *values)))
    assert [(each.offset, each.key, each.value) for each in found] == [
        (offset, b"k", value) for offset, value in enumerate(values)
    ]


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd"])
def test_what_inflates_to_more_is_one_record_that_no_reader_decodes(codec: str) -> None:
    bomb, after = batch(codec, b"first", b"\0" * 40_000_000), batch(codec, b"after", base=2)
    assert len(bomb) < 987_136, "the brokers take it"
    stand_in, following = read(bomb + after)
    assert (stand_in.offset, stand_in.key) == (1, None)
    assert stand_in.value.startswith(b"left out")
    assert (following.offset, following.value) == (2, b"after")


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd"])
def test_many_batches_end_a_fetch_before_they_are_too_much(codec: str) -> None:
    half = LARGEST_BATCH_BYTES // 2
    fetched = b"".join(batch(codec, b"\0" * half, base=base) for base in range(8))
    assert [each.offset for each in read(fetched)] == [0, 1], "the rest is fetched again"


def test_gzip_of_several_members_counts_whole() -> None:
    made = batch("gzip", b"x")
    header = made[:61]
    inner = gzip.decompress(made[61:])
    split = gzip.compress(inner[:3]) + gzip.compress(inner[3:])
    (found,) = read(header[:8] + (len(header) - 12 + len(split)).to_bytes(4) + header[12:] + split)
    assert found.value == b"x"
