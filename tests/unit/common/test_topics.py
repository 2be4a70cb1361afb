from libs.common.topics import ALL


def test_every_client_can_read_how_public_topics_are_compressed() -> None:
    assert {topic.compression for topic in ALL if topic.public} <= {None, "gzip"}
