"""Which changes are worth a job."""

from pathlib import Path

from services.scanner.libraries.relevant import Relevant
from sluice.files.passed_over import PassedOver


def relevant(root: Path, *changed: str) -> set[str]:
    over = PassedOver.of(own=[root / "data"])
    found = Relevant(bytes(root), over, frozenset((".jpg",))).of(bytes(root / each) for each in changed)
    return {path.decode().removeprefix(f"{root}/") for path in found}


def test_pictures_folders_and_what_is_gone_are(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / "a.jpg").touch()
    assert relevant(tmp_path, "a.jpg", "2024", "gone.jpg", "gone") == {"a.jpg", "2024", "gone.jpg", "gone"}


def test_what_no_scan_looks_at_is_not(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    changed = (
        "notes.txt",
        ".hidden/a.jpg",
        ".a.jpg",
        "@eaDir/a.jpg",
        "a.xmp",
        "data/kafka/1.jpg",
        "data",
        ".git",
    )
    assert relevant(tmp_path, *changed) == set()


def test_where_the_rules_of_a_folder_change_the_folder_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/.sluiceignore", ".nomedia"):
        (tmp_path / name).touch()
    assert relevant(tmp_path, "a/.sluiceignore", ".nomedia") == {"a", str(tmp_path)}
