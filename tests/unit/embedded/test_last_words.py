"""Of all that a dying broker writes, the sentence that helps is found."""

from pathlib import Path

from libs.embedded.config import LOG
from libs.embedded.process import OUTPUT
from libs.embedded.ready import last_words, port_was_taken


def test_the_cause_of_a_logged_exception(tmp_path: Path) -> None:
    (tmp_path / OUTPUT).write_text("WARNING: sun.misc.Unsafe is terminally deprecated\n")
    (tmp_path / LOG).write_text(
        "2026-01-01T00:00:00,000 ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)\n"
        "org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092\n"
        "\tat kafka.network.Acceptor.open(SocketServer.scala:1)\n"
        "Caused by: java.net.BindException: Address already in use\n"
        "\t... 14 more\n"
    )
    assert last_words(tmp_path) == "Address already in use"
    assert port_was_taken(tmp_path)


def test_an_error_without_an_exception(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text(
        "2026-01-01T00:00:00,000 ERROR Disk is full (org.apache.kafka.Disk)\n"
        "2026-01-01T00:00:00,000 WARN shutting down (org.apache.kafka.Broker)\n"
    )
    assert last_words(tmp_path) == "Disk is full"
    assert not port_was_taken(tmp_path)


def test_what_a_jvm_prints_that_does_not_come_up(tmp_path: Path) -> None:
    (tmp_path / OUTPUT).write_text("Unrecognized VM option 'X'\nError: could not create the JVM.\n\n")
    assert last_words(tmp_path) == "Error: could not create the JVM."


def test_silence(tmp_path: Path) -> None:
    assert last_words(tmp_path) == "it said nothing"
