from libs.common.kafka.topics.configs import topic_configs
from libs.common.topics import ALL, PATHS


def test_every_client_can_read_how_public_topics_are_compressed() -> None:
    assert {topic.compression for topic in ALL if topic.public} <= {None, "gzip"}


def test_a_cluster_of_one_broker_is_not_asked_for_two_copies() -> None:
    assert "min.insync.replicas" not in topic_configs(PATHS, 1)
    assert topic_configs(PATHS, 2)["min.insync.replicas"] == "2"
