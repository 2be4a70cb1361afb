"""The broker's jars are the pinned ones, or there is one sentence that says what to do."""

import logging
import shutil
from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError
from libs.embedded import jars
from libs.embedded.settings import EmbeddedSettings

NOBODY = "http://127.0.0.1:9/maven2"


@pytest.fixture
def empty_maven(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that was downloaded before can be found."""
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A cache directory with all the jars."""
    settings = EmbeddedSettings()
    jars.obtain(settings.sluice_cache_dir, settings.maven_mirror)
    shutil.copytree(jars.directory(settings.sluice_cache_dir), jars.directory(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.usefixtures("empty_maven")
def test_what_is_there_is_not_resolved_again(filled: Path) -> None:
    found = jars.obtain(filled, NOBODY)
    assert [jar.name for jar in found] == sorted(jars.pinned())
    assert all(jar.is_file() for jar in found)


@pytest.mark.usefixtures("empty_maven")
def test_a_repository_out_of_reach_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(
        SluiceError, match=r"127\.0\.0\.1:9 cannot be reached.*MAVEN_MIRROR.*KAFKA_BOOTSTRAP"
    ) as caught:
        jars.obtain(tmp_path / "cache", NOBODY)
    assert caught.value.code is Code.DOWNLOAD_FAILED


@pytest.mark.usefixtures("empty_maven")
def test_a_changed_jar_is_not_run(filled: Path, caplog: pytest.LogCaptureFixture) -> None:
    jar = next(jars.directory(filled).glob("re2j-*.jar"))
    jar.write_bytes(jar.read_bytes() + b"x")
    with caplog.at_level(logging.INFO), pytest.raises(SluiceError):
        jars.obtain(filled, NOBODY)
    assert "downloading" in caplog.text


def test_a_download_with_another_checksum_never_reaches_the_cache(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(jars.directory(filled).glob("re2j-*.jar")).name
    (jars.directory(filled) / name).unlink()
    monkeypatch.setattr(jars, "pinned", lambda: {name: "0" * 64})
    settings = EmbeddedSettings()
    with pytest.raises(SluiceError, match=rf"{name} does not have the SHA-256") as caught:
        jars.obtain(filled, settings.maven_mirror)
    assert caught.value.code is Code.DOWNLOAD_FAILED
    assert not (jars.directory(filled) / name).exists()
