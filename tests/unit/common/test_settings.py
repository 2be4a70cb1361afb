"""Settings that would fail much later are refused when they are read."""

import pytest
from pydantic import ValidationError

from libs.common.settings import StageSettings


@pytest.mark.parametrize("servers", ["a:b:c", "a:9092,b:x", "a:"])
def test_broker_addresses_without_a_port_number_are_refused(servers: str) -> None:
    with pytest.raises(ValidationError, match="host:port"):
        StageSettings(kafka_bootstrap_servers=servers)


@pytest.mark.parametrize("servers", ["a", "a:9092,b:9093", "127.0.0.1:1", "[::1]:9092", "[::1]", "a:1, b:2"])
def test_broker_addresses_that_kafka_clients_take_are_taken(servers: str) -> None:
    assert StageSettings(kafka_bootstrap_servers=servers).kafka_bootstrap_servers == servers
