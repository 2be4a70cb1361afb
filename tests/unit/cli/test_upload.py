"""What is sent of a folder, and that a form holds exactly that, as an independent parser reads it."""

import os
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import cast

import pytest

from libs.common.errors import SluiceError
from sluice.aio.form import AsyncForm
from sluice.files.selecting import LocalFile, select


def put(path: Path, content: bytes = b"x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_pictures_are_sent_with_their_folders_and_nothing_else_is(tmp_path: Path) -> None:
    folder = tmp_path / "trip"
    for name in (
        "a.jpg",
        "sub/b.DNG",
        "notes.txt",
        ".hidden.jpg",
        "a.xmp",
        "_VibeArchive/c.jpg",
        ".git/d.jpg",
    ):
        put(folder / name)
    chosen = select(folder)
    assert [file.name for file in chosen.files] == ["trip/a.jpg", "trip/sub/b.DNG"]
    assert (chosen.no_pictures, chosen.links) == (1, 0)


def test_a_link_to_itself_is_not_sent_and_the_rest_is(tmp_path: Path) -> None:
    put(tmp_path / "trip/real.jpg")
    (tmp_path / "trip/self.jpg").symlink_to(tmp_path / "trip/self.jpg")
    (tmp_path / "trip/one").symlink_to(tmp_path / "trip/two")
    (tmp_path / "trip/two").symlink_to(tmp_path / "trip/one")

    chosen = select(tmp_path / "trip")

    assert [file.name for file in chosen.files] == ["trip/real.jpg"]
    assert chosen.links == 3


def test_a_link_is_not_sent_if_it_leads_out_of_the_folder(tmp_path: Path) -> None:
    put(tmp_path / "secret/key.jpg")
    put(tmp_path / "trip/real.jpg")
    put(tmp_path / "trip/sub/other.jpg")
    for name, target in (
        ("a.jpg", "secret/key.jpg"),
        ("folder", "secret"),
        ("up", "."),
        ("inside.jpg", "trip/real.jpg"),
        ("round", "trip/sub"),
        ("loop", "trip"),
        ("nowhere.jpg", "trip/gone.jpg"),
    ):
        (tmp_path / "trip" / name).symlink_to(tmp_path / target)
    chosen = select(tmp_path / "trip")
    assert [file.name for file in chosen.files] == ["trip/inside.jpg", "trip/real.jpg", "trip/sub/other.jpg"]
    assert (chosen.no_pictures, chosen.links) == (1, 3)


def test_what_is_neither_a_file_nor_a_folder_is_told_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SluiceError, match="pipe is neither a file nor a folder"):
        select(tmp_path / "pipe")


def test_a_single_file_is_sent_whatever_it_is(tmp_path: Path) -> None:
    put(tmp_path / "scan.dat")
    assert [file.name for file in select(tmp_path / "scan.dat").files] == ["scan.dat"]


def test_a_folder_without_a_picture_is_a_mistake(tmp_path: Path) -> None:
    put(tmp_path / "notes.txt")
    with pytest.raises(SluiceError, match="no picture"):
        select(tmp_path)


async def test_the_form_holds_every_byte_under_its_name(tmp_path: Path) -> None:
    big = bytes(range(256)) * 10_000
    put(tmp_path / "a.jpg", big)
    put(tmp_path / "b.jpg", b"--\r\n")
    files = [
        LocalFile(tmp_path / "a.jpg", 'x/"a"\r\n.jpg', len(big)),
        LocalFile(tmp_path / "b.jpg", "ü.jpg", 4),
    ]
    sent: list[int] = []
    form = AsyncForm(files, sent.append)
    body = b"".join([piece async for piece in form.body()])
    parsed = message_from_bytes(f"Content-Type: {form.content_type}\r\n\r\n".encode() + body)
    parts = cast(list[Message], parsed.get_payload())
    assert [part.get_payload(decode=True) for part in parts] == [big, b"--\r\n"]
    assert b'filename="x/%22a%22%0D%0A.jpg"' in body
    assert 'filename="ü.jpg"'.encode() in body
    assert sum(sent) == len(big) + 4


async def test_a_file_that_vanished_meanwhile_is_named(tmp_path: Path) -> None:
    form = AsyncForm([LocalFile(tmp_path / "gone.jpg", "gone.jpg", 1)], lambda _: None)
    with pytest.raises(SluiceError, match=r"gone\.jpg cannot be read: No such file"):
        [piece async for piece in form.body()]
