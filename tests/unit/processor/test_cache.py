import logging
import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import diskcache
import pytest

from libs.common.errors import Code, SluiceError
from services.processor.cache import entries
from services.processor.cache.bytes_disk import BytesDisk
from services.processor.cache.cache import Cache, CacheUnwritableError
from services.processor.cache.cache_reader import CacheReader
from tests.unit.processor.samples import MODEL, entry

SHA = "b" * 64
SIZE = 1 << 26


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(directory: Path) -> Iterator[Cache]:
    with closing(Cache(directory, SIZE)) as opened:
        yield opened


@pytest.fixture
def reader(directory: Path) -> Iterator[CacheReader]:
    with closing(CacheReader(directory)) as opened:
        yield opened


def test_what_was_put_is_found(cache: Cache, reader: CacheReader) -> None:
    cache.put_many([entry(SHA)], "results", {})
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) == entry(SHA)
    assert reader.find("c" * 64, MODEL, captioned=True, cleared_at=0.0) is None
    assert reader.find(SHA, "other", captioned=True, cleared_at=0.0) is None
    assert reader.find(SHA, None, captioned=True, cleared_at=0.0) is None


def test_a_caption_serves_who_wants_none_but_not_the_other_way(cache: Cache, reader: CacheReader) -> None:
    cache.put_many([entry(SHA, captioned=True), entry("c" * 64, captioned=False)], "results", {})
    assert reader.find(SHA, MODEL, captioned=False, cleared_at=0.0) == entry(SHA)
    assert reader.find("c" * 64, MODEL, captioned=False, cleared_at=0.0) is not None
    assert reader.find("c" * 64, MODEL, captioned=True, cleared_at=0.0) is None


def test_an_entry_older_than_the_clearing_is_a_miss(cache: Cache, reader: CacheReader) -> None:
    cache.put_many([entry(SHA, stored_at=1000.0)], "results", {})
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=1000.0) is not None
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=1000.5) is None
    cache.put_many([entry(SHA, stored_at=1001.0)], "results", {})
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=1000.5) is not None


def test_a_younger_entry_without_caption_is_not_hidden_by_an_older_one(
    cache: Cache, reader: CacheReader
) -> None:
    cache.put_many([entry(SHA, captioned=False, stored_at=1.0), entry(SHA, stored_at=3.0)], "results", {})
    found = reader.find(SHA, MODEL, captioned=False, cleared_at=2.0)
    assert found is not None
    assert found.captioned


def test_it_is_there_after_a_restart(directory: Path, reader: CacheReader) -> None:
    with closing(Cache(directory, SIZE)) as first:
        first.put_many([entry(SHA)], "results", {3: 17})
    with closing(Cache(directory, SIZE)) as second:
        assert second.offsets("results") == {3: 17}
        assert second.offsets("others") == {}
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) is not None


def test_offsets_of_other_partitions_are_kept(cache: Cache) -> None:
    cache.put_many([], "results", {0: 5, 1: 6})
    cache.put_many([], "results", {1: 9})
    assert cache.offsets("results") == {0: 5, 1: 9}


def test_no_cache_yet_is_a_miss(reader: CacheReader) -> None:
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) is None


def test_the_oldest_entries_make_room_and_the_offsets_stay(directory: Path) -> None:
    limit = 1 << 20
    with closing(Cache(directory, limit)) as small, closing(CacheReader(directory)) as reader:
        for batch in range(40):
            many = [entry(f"{batch:03}{number:061}") for number in range(20)]
            small.put_many(many, "results", {0: batch})
        assert small.offsets("results") == {0: 39}
        assert reader.find(f"{39:03}{19:061}", MODEL, captioned=True, cleared_at=0.0) is not None
        assert reader.find(f"{0:03}{0:061}", MODEL, captioned=True, cleared_at=0.0) is None
    assert limit // 2 < (directory / "cache.db").stat().st_size <= limit + 65_536


@pytest.mark.parametrize("damage", [b"not a database " * 1000, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_cache_begins_anew(
    directory: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    directory.mkdir()
    (directory / "cache.db").write_bytes(damage)
    with caplog.at_level(logging.WARNING), closing(Cache(directory, SIZE)) as cache:
        assert cache.offsets("results") == {}
        cache.put_many([entry(SHA)], "results", {0: 1})
        with closing(CacheReader(directory)) as reader:
            assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) is not None
    assert [record.message for record in caplog.records if "starts again" in record.message]


def test_damage_while_it_is_open_is_mended_and_readers_notice(
    directory: Path, cache: Cache, reader: CacheReader
) -> None:
    cache.put_many([entry(SHA)], "results", {0: 1})
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) is not None
    with closing(sqlite3.connect(directory / "cache.db")) as vandal:
        vandal.execute("DROP TABLE Cache")
        vandal.commit()
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) is None
    cache.put_many([entry("c" * 64)], "results", {0: 2})
    assert reader.find("c" * 64, MODEL, captioned=True, cleared_at=0.0) is not None
    assert cache.offsets("results") == {0: 2}


def test_a_lock_is_not_damage(directory: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put_many([entry(SHA)], "results", {0: 1})
    cache._cache.close()
    monkeypatch.setattr(cache, "_cache", diskcache.Cache(str(directory), timeout=0.05, disk=BytesDisk))
    with closing(sqlite3.connect(directory / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CacheUnwritableError):
            cache.put_many([entry("c" * 64)], "results", {0: 2})
        other.execute("ROLLBACK")
    assert cache.offsets("results") == {0: 1}


class Trap:
    """Unpickling it would leave a trace."""

    def __reduce__(self) -> tuple[object, ...]:
        return (pytest.fail, ("something was unpickled",))


def test_a_planted_pickle_is_never_loaded(directory: Path, cache: Cache, reader: CacheReader) -> None:
    key = entries.key_of(SHA, MODEL, captioned=True)
    cache.put_many([entry(SHA)], "results", {})
    with closing(sqlite3.connect(directory / "cache.db")) as attacker:
        attacker.execute("UPDATE Cache SET mode = 4, value = ? WHERE key = ?", (pickle.dumps(Trap()), key))
        attacker.commit()
    assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) is None


def test_only_text_keys_and_bytes_values_are_taken(directory: Path) -> None:
    with closing(diskcache.Cache(str(directory), disk=BytesDisk)) as raw:
        with pytest.raises(TypeError):
            raw.set("key", {"a": "dict"})
        with pytest.raises(TypeError):
            raw.set(("a", "tuple"), b"value")


def test_an_entry_of_another_release_is_a_miss() -> None:
    assert entries.decode(b"\xc1") is None
    assert entries.decode(entries.encode(entry(SHA)).replace(b"version\x01", b"version\x07")) is None


def test_a_folder_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SluiceError) as caught:
        Cache(tmp_path / "file" / "cache", SIZE)
    assert caught.value.code is Code.BAD_SETTING


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_a_cache_that_was_cut_short_begins_anew(directory: Path, keep: int) -> None:
    with closing(Cache(directory, SIZE)) as cache:
        cache.put_many([entry(SHA)], "results", {0: 1})
    whole = (directory / "cache.db").read_bytes()
    (directory / "cache.db").write_bytes(whole[:keep])
    with closing(Cache(directory, SIZE)) as cache, closing(CacheReader(directory)) as reader:
        assert cache.offsets("results") == {}
        cache.put_many([entry(SHA)], "results", {0: 2})
        assert reader.find(SHA, MODEL, captioned=True, cleared_at=0.0) == entry(SHA)


def test_a_cache_with_tables_of_another_release_begins_anew(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory.mkdir()
    with closing(sqlite3.connect(directory / "cache.db")) as other:
        other.execute("CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, name TEXT)")
        other.commit()
    with closing(Cache(directory, SIZE)) as cache:
        cache.put_many([entry(SHA)], "results", {0: 2})
        assert cache.offsets("results") == {0: 2}
    assert "starts again" in caplog.text
