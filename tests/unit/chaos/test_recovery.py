"""What a measurement of recovery is asked for."""

import pytest

from tests.chaos.recovery import OUTSIDE, RecoverySettings
from tests.chaos.world import STAGES


def test_no_kind_at_all_kills_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOVERY_KINDS", "")
    assert RecoverySettings().recovery_kinds == ()


def test_by_default_each_is_killed() -> None:
    assert RecoverySettings().recovery_kinds == (*STAGES, *OUTSIDE)
