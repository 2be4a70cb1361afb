"""Settings that would fail much later are refused when they are read."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from libs.common.runtime.wrong_settings import wrong_settings
from libs.common.settings import FilesSettings, StageSettings
from services.settings import RunSettings


@pytest.mark.parametrize("servers", ["a:b:c", "a:9092,b:x", "a:"])
def test_broker_addresses_without_a_port_number_are_refused(servers: str) -> None:
    with pytest.raises(ValidationError, match="host:port"):
        StageSettings(kafka_bootstrap_servers=servers)


@pytest.mark.parametrize("servers", ["a", "a:9092,b:9093", "127.0.0.1:1", "[::1]:9092", "[::1]", "a:1, b:2"])
def test_broker_addresses_that_kafka_clients_take_are_taken(servers: str) -> None:
    assert StageSettings(kafka_bootstrap_servers=servers).kafka_bootstrap_servers == servers


def test_no_scan_enters_the_folders_of_archived_copies_whatever_they_are_called() -> None:
    assert FilesSettings(duplicates_folder="copies", pass_over=("drafts",)).pass_over == ("drafts", "copies")
    assert FilesSettings().pass_over == ()
    for elsewhere in ("a/b", "..", ".hidden", ""):
        with pytest.raises(ValidationError):
            FilesSettings(duplicates_folder=elsewhere)


@pytest.mark.parametrize(
    ("port", "reason"),
    [("eighty", "'eighty' is not a whole number"), ("0", "'0' is too small: use 1 or more")],
)
def test_what_is_wrong_with_a_setting_is_said_in_words(
    port: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(ValidationError) as refused:
        RunSettings()
    assert list(wrong_settings(refused.value)) == [("PORT", reason)]


def test_settings_need_nothing_that_a_stage_without_pictures_lacks() -> None:
    """The dashboard's image has no numpy."""
    code = "import sys; sys.modules['numpy'] = sys.modules['PIL'] = None; import libs.common.runtime.logs"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
