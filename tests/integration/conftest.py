"""Tests on a real broker, which ends with the last of them."""

from tests.support.broker import shared_kafka

__all__ = ["shared_kafka"]
