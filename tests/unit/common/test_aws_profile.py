from pathlib import Path

import pytest

from libs.common.sources.objects.aws_profile import profile


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = s%cret\n\n"
        "[work]\naws_access_key_id = B\naws_secret_access_key = t\naws_session_token = u\n"
    )
    (folder / "config").write_text("[default]\nregion = eu-west-1\n\n[profile work]\nregion = eu-central-1\n")
    return tmp_path


def test_the_default_profile_gives_keys_and_region(home: Path) -> None:
    found = profile({"HOME": str(home)})
    assert found == {"access_key_id": "A", "secret_access_key": "s%cret", "region": "eu-west-1"}


def test_a_named_profile_is_read_and_the_environment_names_the_region(home: Path) -> None:
    found = profile({"HOME": str(home), "AWS_PROFILE": "work", "AWS_REGION": "us-east-2"})
    assert found == {"access_key_id": "B", "secret_access_key": "t", "session_token": "u"}


def test_keys_in_the_environment_win(home: Path) -> None:
    assert profile({"HOME": str(home), "AWS_ACCESS_KEY_ID": "C"}) == {}


@pytest.mark.parametrize("text", ["", "no ini at all", "[other]\nkey = value\n"])
def test_without_a_profile_there_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(text)
    assert profile({"HOME": str(tmp_path)}) == {}
