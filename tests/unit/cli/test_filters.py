"""What the options of a search mean to the gateway."""

from pathlib import Path

import pytest

from sluice.cli.search.filters import SearchFilters


def test_a_folder_that_is_here_is_meant_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos" / "2023").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    whole = str((tmp_path / "photos" / "2023").resolve())
    for folder in ("photos/2023", "link/2023", "photos/../photos/2023/", whole):
        assert SearchFilters(below=folder).body() == {"below": whole}


@pytest.mark.parametrize("folder", ["/nas/photos", "s3://bucket/2023", "upload/2023"])
def test_a_folder_of_the_gateway_is_passed_on_as_it_is(folder: str) -> None:
    assert SearchFilters(below=folder).body() == {"below": folder}


def test_a_whole_path_is_not_followed_here(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    assert SearchFilters(below=str(tmp_path / "link")).body() == {"below": str(tmp_path / "link")}
