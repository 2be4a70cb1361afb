"""What a search lists, and what is made of it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice import AsyncClient
from sluice.cli import fitting
from sluice.cli.exits import Exit
from sluice.cli.main import main
from sluice.cli.pictures.copying import copy_to
from sluice.cli.search import hits
from sluice.models.photos import Photo, PhotoPayload, SearchResults, Why, Word

BASE = "http://127.0.0.1:8002"
LIKE, UNLIKE = (
    Photo("a", PhotoPayload("a.jpg"), 0.4, Why(0.4)),
    Photo("b", PhotoPayload("b.jpg"), 0.05, Why(0.05)),
)
NAMED = Photo("c", PhotoPayload("cat.jpg"), 0.01, Why(0.01, [Word("cat", "filename")]))


def test_what_is_below_the_floor_is_a_guess_unless_it_has_the_words() -> None:
    found = SearchResults([LIKE, UNLIKE, NAMED], "hybrid", floor=0.1)
    assert found.likely == [LIKE, NAMED]
    assert SearchResults([UNLIKE], "vector").likely == [UNLIKE]


def test_a_hit_fits_a_terminal_and_is_whole_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    identity = "20061421-d36d-52d9-a701-0ed8f2f187bc"
    photo = Photo(identity, PhotoPayload("x.jpg", "a" * 100, "/photos/x.jpg"), 0.4, Why(0.4))
    assert next(row for row in hits.lines([photo], BASE) if "aaa" in row).endswith("a" * 100)
    monkeypatch.setattr(hits, "columns", lambda: 80)
    rows = list(hits.lines([photo], BASE))
    assert rows[0] == "0.400  /photos/x.jpg"
    assert max(map(len, rows)) <= 80


@pytest.mark.parametrize(
    ("text", "room", "start", "end"),
    [("abcdef", 4, "abc…", "…def"), ("abc", 3, "abc", "abc"), ("日本語", 4, "日…", "…語")],
)
def test_what_does_not_fit_loses_its_end_or_its_start(text: str, room: int, start: str, end: str) -> None:
    assert (fitting.cropped(text, room), fitting.tail_of(text, room)) == (start, end)


async def test_copies_overwrite_nothing_and_stay_in_their_folder(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=request.url.path.encode())

    names = ["x.jpg", "x.jpg", "../../out.jpg", ".."]
    photos = [Photo(str(number), PhotoPayload(name)) for number, name in enumerate(names)]
    connections = httpx.AsyncClient(base_url=BASE, transport=httpx.MockTransport(answer))
    async with AsyncClient(connections=connections) as client:
        assert await copy_to(client, photos, tmp_path / "to") == 4
        assert await copy_to(client, photos, tmp_path / "to") == 0
    assert sorted(each.name for each in (tmp_path / "to").iterdir()) == [
        "out.jpg",
        "photo",
        "x (2).jpg",
        "x.jpg",
    ]
    assert [each.name for each in tmp_path.iterdir()] == ["to"]


def test_a_file_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("sluice.cli.commands.search.ask", refused)
    assert main(["search", "cat"]) == Exit.FAILED
    assert capsys.readouterr().err == f"sluice: {tmp_path}: Permission denied\n"
