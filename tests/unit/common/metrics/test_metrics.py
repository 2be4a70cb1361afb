"""What is declared, counted and shown to Prometheus."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from libs.common.errors import Code, SluiceError
from libs.common.events import Outcome
from libs.common.http.metrics import exposition, health_metrics
from libs.common.kafka.outgoing import outcomes
from libs.common.metrics.declared import ALL, BATCH, OUTCOMES, STEP, STORE_ERRORS, Declared
from libs.common.metrics.instruments import Instruments
from libs.common.runtime.service import Health
from libs.common.store.edge import EdgeStore
from libs.common.store.measured import measured
from scripts import metrics_table

UNITS = ("seconds", "bytes", "records", "images")


def shown(*healths: Health) -> dict[tuple[str, ...], float]:
    """The samples of a scrape by their name and the values of their labels, in the order of these."""
    text = exposition(metric for health in healths for metric in health_metrics(health)).decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_names_follow_the_conventions(metric: Declared) -> None:
    assert re.fullmatch(r"sluice_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.kind != "histogram" or metric.name.endswith(UNITS)
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.help.endswith(".")


def test_each_metric_is_declared_once() -> None:
    assert len({metric.name for metric in ALL}) == len(ALL)


def test_stages_of_one_process_are_told_apart() -> None:
    one, two = Health(stage="processor"), Health(stage="upserter")
    one.instruments.step("decode", 0.02)
    two.instruments.step("store", 0.5)
    two.instruments.observe(BATCH, 100)

    found = shown(one, two)

    assert found["sluice_stage_step_seconds_count", "processor", "decode"] == 1
    assert found["sluice_stage_step_seconds_sum", "upserter", "store"] == 0.5
    assert found["sluice_stage_batch_records_bucket", "128.0", "upserter"] == 1
    assert found["sluice_stage_partitions", "processor"] == 0
    assert not any("_created" in name for name, *_ in found)


def test_outcomes_are_counted_by_code() -> None:
    """Where they are made, once a batch: their publisher adds them up when the brokers have them."""
    reported = [
        ("j", Outcome(file_id="a", file="a", outcome="stored")),
        ("j", Outcome(file_id="b", file="b", outcome="failed", code=Code.EMPTY_FILE, error="empty")),
        ("j", Outcome(file_id="c", file="c", outcome="failed", code=Code.EMPTY_FILE, error="empty")),
    ]

    [event] = outcomes(reported)

    assert event.tally == {("stored", ""): 1, ("failed", "empty_file"): 2}


async def test_requests_to_the_store_are_timed_and_their_failures_counted(tmp_path: Path) -> None:
    health = Health()
    edge = EdgeStore(tmp_path)
    store = measured(edge, health.instruments)
    await store.create("photos", 4, "Cosine")
    with pytest.raises(SluiceError):
        await store.count("missing")
    await edge.close()

    found = shown(health)

    assert found["sluice_store_request_seconds_count", "create"] == 1
    assert found["sluice_store_request_seconds_count", "count"] == 1
    assert found[STORE_ERRORS.name, "count", "collection_not_found"] == 1


def test_what_is_timed_is_timed_however_it_ends() -> None:
    instruments = Instruments()
    with pytest.raises(ValueError, match="broken"), instruments.timed(STEP, "work"):
        raise ValueError("broken")
    instruments.count(OUTCOMES, "stored", "", by=3)

    names = {sample.name for metric in instruments.collect() for sample in metric.samples}

    assert {"sluice_stage_step_seconds_count", "sluice_stage_outcomes_total"} <= names


def test_the_page_lists_what_is_declared() -> None:
    assert metrics_table.PAGE.read_text() == metrics_table.page(), "run python -m scripts.metrics_table"
