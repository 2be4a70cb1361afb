"""Fixtures that every kind of test may use."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import settings

from tests.support.s3 import KEYS, S3, running_s3

# No deadline: how long an example takes depends on what else the machine does. Where changes are checked the
# same examples come each time; at a desk new ones do.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """A real S3 server, one for the session; tests keep apart by their buckets."""
    with running_s3() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The server, with keys for it in the environment."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def prefix() -> str:
    """A topic prefix that no other test uses."""
    return f"t{uuid4().hex[:10]}-"
