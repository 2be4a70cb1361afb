"""What a rule for all groups has moved."""

from libs.common.duplicates.protected import Protected
from libs.common.events import Member
from libs.common.store.protocol import Record
from services.gateway.archive.bulk import moves
from services.gateway.duplicates.review import Compared, Group


def picture(path: str, content: str, *, same_pixels: bool | None = None, same_file: bool = False) -> Compared:
    payload = {"full_path": path, "file_hash": content}
    return Compared(
        Member(id=path, score=1.0),
        Record(path, payload),
        1.0,
        same_pixels=same_pixels,
        same_file=same_file,
    )


KEPT = Protected.of(["/album"])


def group(*members: Compared) -> Group:
    return Group("g", "in a protected folder", list(members))


def test_what_has_the_content_or_the_pixels_of_what_is_kept_moves() -> None:
    found = group(
        picture("/album/1.jpg", "a"),
        picture("/phone/1.jpg", "a"),
        picture("/phone/2.jpg", "b", same_pixels=True),
        picture("/phone/3.jpg", "c", same_pixels=False),
    )

    assert set(moves([found], KEPT, alike=False)) == {"/phone/1.jpg", "/phone/2.jpg"}
    assert moves([found], KEPT, alike=True) == dict.fromkeys(
        ("/phone/1.jpg", "/phone/2.jpg", "/phone/3.jpg"), "/album/1.jpg"
    )


def test_nothing_moves_of_a_group_without_a_file_there() -> None:
    found = group(picture("/albums/1.jpg", "a"), picture("/phone/1.jpg", "a"))

    assert moves([found], KEPT, alike=True) == {}


def test_what_lies_there_and_another_name_of_the_kept_file_stay() -> None:
    found = group(
        picture("/album/1.jpg", "a"),
        picture("/album/copy.jpg", "a"),
        picture("/phone/1.jpg", "a", same_file=True),
    )

    assert moves([found], KEPT, alike=True) == {}
