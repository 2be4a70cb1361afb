import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.processor.cache.cache import Cache, CacheUnwritableError
from services.processor.cache.cache_reader import CacheReader
from services.processor.cache.filler import Filler
from tests.unit.processor.samples import MODEL, Raw, result


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with closing(Cache(tmp_path, 1 << 26)) as opened:
        yield opened


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[CacheReader]:
    with closing(CacheReader(tmp_path)) as opened:
        yield opened


def test_results_are_found_by_content(cache: Cache, reader: CacheReader) -> None:
    filler = Filler(cache, "ml-results")
    filler.fill({0: [result(10, "a" * 64), result(11, "b" * 64)], 2: [result(4, "c" * 64)]})
    assert filler.offsets() == {0: 12, 2: 5}
    for sha256 in ("a" * 64, "b" * 64, "c" * 64):
        found = reader.find(sha256, MODEL, captioned=True, cleared_at=0.0)
        assert found is not None
        assert found.content.sha256 == sha256


def test_an_entry_is_as_old_as_its_record(cache: Cache, reader: CacheReader) -> None:
    Filler(cache, "ml-results").fill({0: [result(0, "a" * 64, at=500.0)]})
    assert reader.find("a" * 64, MODEL, captioned=True, cleared_at=499.0) is not None
    assert reader.find("a" * 64, MODEL, captioned=True, cleared_at=501.0) is None


def test_a_result_without_caption_does_not_serve_who_wants_one(cache: Cache, reader: CacheReader) -> None:
    Filler(cache, "ml-results").fill({0: [result(0, "a" * 64, caption=False)]})
    assert reader.find("a" * 64, MODEL, captioned=False, cleared_at=0.0) is not None
    assert reader.find("a" * 64, MODEL, captioned=True, cleared_at=0.0) is None


def test_what_cannot_be_decoded_is_passed_over(cache: Cache, reader: CacheReader) -> None:
    filler = Filler(cache, "ml-results")
    filler.fill({0: [Raw(5, 0, b"\xc1"), Raw(6, 0, None), result(7, "a" * 64)]})
    assert filler.offsets() == {0: 8}
    assert reader.find("a" * 64, MODEL, captioned=True, cleared_at=0.0) is not None


def test_reading_again_changes_nothing(cache: Cache, reader: CacheReader) -> None:
    filler = Filler(cache, "ml-results")
    filler.fill({0: [result(0, "a" * 64)]})
    before = reader.find("a" * 64, MODEL, captioned=True, cleared_at=0.0)
    filler.fill({0: [result(0, "a" * 64)]})
    assert reader.find("a" * 64, MODEL, captioned=True, cleared_at=0.0) == before


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise CacheUnwritableError("database or disk is full")

    monkeypatch.setattr(cache, "put_many", refuse)
    with caplog.at_level(logging.WARNING):
        Filler(cache, "ml-results").fill({0: [result(0, "a" * 64)]})
    assert "1 results are not cached: database or disk is full" in caplog.text
