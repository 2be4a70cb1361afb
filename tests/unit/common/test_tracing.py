"""What is traced, and what is left alone."""

from pathlib import Path

import pytest

from libs.common.kafka.outgoing import work
from libs.common.runtime.service import Health
from libs.common.settings import StageSettings
from libs.common.topics import PATHS
from libs.common.tracing.otel import traced
from libs.common.tracing.spans import HEADER, OFF, context_in
from tests.support import records

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def settings(tmp_path: Path, ratio: float) -> StageSettings:
    return StageSettings(trace_ratio=ratio, trace_file=tmp_path / "spans")


async def test_it_is_off_where_nothing_says_otherwise(tmp_path: Path) -> None:
    health = Health()
    async with traced(settings(tmp_path, 0.0), health):
        assert health.tracing is OFF
        assert health.tracing.begin("x", SAMPLED, {}) is None


async def test_a_span_goes_on_the_trace_of_its_parent_and_is_exported_at_the_end(tmp_path: Path) -> None:
    health = Health(stage="scanner")
    async with traced(settings(tmp_path, 1.0), health):
        span = health.tracing.begin("scanner ingest", SAMPLED, {"sluice.job_id": "j"})
        assert span is not None
        assert span.context.split("-")[1] == SAMPLED.split("-")[1]
        span.end()
    assert health.tracing is OFF
    assert '"name": "scanner ingest"' in (tmp_path / "spans").read_text()


@pytest.mark.parametrize("parent", ["", "rubbish", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "\x00" * 50])
async def test_a_parent_that_cannot_be_read_begins_another_trace(tmp_path: Path, parent: str) -> None:
    health = Health()
    async with traced(settings(tmp_path, 1.0), health):
        span = health.tracing.begin("x", parent, {})
        assert span is not None
        span.end()


async def test_who_does_not_sample_is_not_traced(tmp_path: Path) -> None:
    health = Health()
    async with traced(settings(tmp_path, 1.0), health):
        assert health.tracing.begin("x", SAMPLED.removesuffix("1") + "0", {}) is None


async def test_about_the_share_of_files_is_traced_that_is_asked_for(tmp_path: Path) -> None:
    health = Health()
    async with traced(settings(tmp_path, 0.25), health):
        taken = sum(health.tracing.takes(records.file(str(number)).file_id) for number in range(2000))
    assert 400 < taken < 600


def test_only_a_traced_file_has_the_header_and_a_header_of_any_length_is_read() -> None:
    plain = records.path_record(records.file("a"))
    assert work(PATHS, plain).headers == ()
    assert context_in([("job_id", b"j"), (HEADER, SAMPLED.encode())]) == SAMPLED
    assert context_in([(HEADER, b"x" * 1000)]) == ""
    assert context_in([(HEADER, None), (HEADER, b"\xff")]) == ""
