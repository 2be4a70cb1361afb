import pytest

from libs.common.kafka.topics.configs import faults, flaws, topic_configs
from libs.common.topics import ALL, JOB_STATUS, PATHS, SCANS, Topic

BROKERS = {
    "compression.type": "producer",
    "retention.ms": str(7 * 24 * 3600 * 1000),
    "retention.bytes": "-1",
}


def made(topic: Topic, **changed: str) -> dict[str, str]:
    """The configs of a topic that Sluice made, on brokers with the usual defaults, but for some."""
    other = {name.replace("_", "."): value for name, value in changed.items()}
    return BROKERS | topic_configs(topic, 1) | other


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
def test_topics_that_sluice_makes_are_as_it_needs_them(topic: Topic) -> None:
    assert [*faults(topic, made(topic)), *flaws(topic, made(topic))] == []


@pytest.mark.parametrize(
    ("topic", "name", "value", "said"),
    [
        (SCANS, "cleanup_policy", "delete", "cleanup.policy is delete, not compact"),
        (PATHS, "cleanup_policy", "compact", "cleanup.policy is compact, not delete"),
        (SCANS, "cleanup_policy", "compact,delete", "not compact"),
        (PATHS, "message_timestamp_type", "CreateTime", "not LogAppendTime"),
        (PATHS, "max_message_bytes", "900000", "less than 987136"),
        (PATHS, "retention_ms", "3600000", "less than a day"),
        (PATHS, "retention_bytes", "1000000", "records would go before they are read"),
    ],
)
def test_what_would_lose_records_is_a_fault(topic: Topic, name: str, value: str, said: str) -> None:
    (fault,) = faults(topic, made(topic, **{name: value}))
    assert said in fault


def test_more_room_and_longer_retention_are_none() -> None:
    large = made(PATHS, max_message_bytes="10000000", retention_ms="-1")
    assert [*faults(PATHS, large), *flaws(PATHS, large)] == []


def test_what_bothers_only_others_is_a_flaw() -> None:
    odd = made(JOB_STATUS, compression_type="lz4", retention_ms=str(7 * 24 * 3600 * 1000))
    assert list(faults(JOB_STATUS, odd)) == []
    codec, retention = flaws(JOB_STATUS, odd)
    assert ("lz4" in codec, "retention.ms" in retention) == (True, True)
    assert list(flaws(PATHS, made(PATHS, compression_type="zstd"))) == []
