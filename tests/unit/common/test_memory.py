"""How much memory may still be had, by the system and by a container's limit."""

from pathlib import Path

from libs.common.runtime.memory import available_bytes


def meminfo(folder: Path, kib: int) -> Path:
    file = folder / "meminfo"
    file.write_text(f"MemTotal:       99 kB\nMemAvailable:   {kib} kB\nCached: 5 kB\n")
    return file


def test_available_is_what_the_system_says(tmp_path: Path) -> None:
    assert available_bytes(meminfo(tmp_path, 1000), tmp_path / "none") == 1000 * 1024
    assert available_bytes(tmp_path / "none", tmp_path / "none") == 0


def test_a_container_has_what_is_left_of_its_limit_and_its_page_cache(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("500000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    (tmp_path / "memory.stat").write_text("anon 100000\nfile 300000\n")
    assert available_bytes(meminfo(tmp_path, 1000), tmp_path) == 400_000
    (tmp_path / "memory.max").write_text("max\n")
    assert available_bytes(meminfo(tmp_path, 1000), tmp_path) == 1000 * 1024
