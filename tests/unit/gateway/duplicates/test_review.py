"""A group of a report, as the index has it when it is read."""

import base64
from pathlib import Path

import pytest

from libs.common.duplicates.decided import NONE, Decided
from libs.common.duplicates.policy import Policy
from libs.common.duplicates.protected import Protected
from libs.common.events import Decision, Member, SimilarGroup
from libs.common.store.protocol import Record
from services.gateway.duplicates import review
from services.gateway.duplicates.review import Group, advice, compared, inodes_of, paths_of, present
from tests.support import photos

PLAIN = Policy()
GROUP = SimilarGroup(
    group_id="1", keeper_id="1", reason="the largest picture", least=0.98,
    points=tuple(Member(id=str(n), score=1.0 if n == 1 else 0.99) for n in (1, 2, 3)),
)  # fmt: skip


def record(number: int, path: str | None = None, **fields: object) -> Record:
    made = {"full_path": path or f"/p/{number}.jpg", "file_hash": f"h{number}", "size": 100 * number}
    return Record(str(number), {**made, "width": 10 - number, "height": 10, **fields}, [1.0, 0.0])


def stored(*records: Record) -> dict[str, Record]:
    return {each.id: each for each in records or (record(1), record(2), record(3))}


def shown(points: dict[str, Record], decided: Decided = NONE, policy: Policy = PLAIN) -> Group | None:
    return present(GROUP, points, policy, decided, GROUP.least)


def ids(group: Group | None) -> list[str]:
    return [] if group is None else [each.member.id for each in group.members]


def test_what_is_gone_leaves_the_group_and_a_group_of_one_is_none() -> None:
    assert ids(shown(stored())) == ["1", "2", "3"]
    assert ids(shown(stored(record(1), record(3)))) == ["1", "3"]
    assert shown(stored(record(2))) is None


def test_without_its_keeper_a_group_has_another_and_only_what_is_like_that() -> None:
    far = Record("3", record(3).payload, [0.0, 1.0])
    near = Record("3", record(3).payload, [1.0, 0.1])

    assert shown(stored(record(2), far)) is None
    found = shown(stored(record(2), near))
    assert found is not None
    assert (ids(found), found.reason) == (["2", "3"], "the largest picture")
    assert found.members[1].score == pytest.approx(0.995, abs=0.001)


def test_what_was_decided_is_hidden() -> None:
    kept = Decided.of([Decision(decision_id="d", hashes=("h1", "h2"))])

    assert ids(shown(stored(), kept)) == ["1", "3"]
    assert shown(stored(record(1), record(2)), kept) is None


def test_a_protected_file_is_kept_and_no_space_is_to_be_had_of_it() -> None:
    policy = Policy(Protected.of(["/best"]))
    points = stored(record(1), record(2, "/best/2.jpg"), record(3, "/best/3.jpg"))
    found = shown(points, policy=policy)
    assert found is not None
    group = compared(found, policy, {})

    assert ids(group)[0] == "2"
    assert [advice(group, each) for each in group.members if each.member.id != "1"] == ["keep", "keep"]
    assert group.space == 100


def test_only_the_same_content_or_the_same_pixels_are_advised_to_go() -> None:
    found = shown(stored(record(1), record(2, file_hash="h1"), record(3)))
    assert found is not None
    group = compared(found, Policy(), {})

    assert [(each.member.id, advice(group, each)) for each in group.members] == [
        ("1", "keep"), ("2", "archive"), ("3", "look"),
    ]  # fmt: skip


def test_another_name_of_the_keepers_file_is_no_space_and_stays(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jpg" for number in (1, 2, 3)]
    files[0].write_bytes(b"x")
    files[1].hardlink_to(files[0])
    files[2].write_bytes(b"x")
    points = stored(*(record(n, str(path), file_hash="h") for n, path in enumerate(files, 1)))
    found = shown(points)
    assert found is not None
    group = compared(found, Policy(), inodes_of(paths_of([found])))

    assert [(each.same_file, advice(group, each)) for each in group.members] == [
        (None, "keep"), (True, "keep"), (False, "archive"),
    ]  # fmt: skip
    assert group.space == 300


def test_the_tags_in_which_they_differ_are_told() -> None:
    found = shown(stored(record(1, exif_Image_Make="Sony"), record(2, exif_Image_Make="Leica"), record(3)))
    assert found is not None

    assert compared(found, Policy(), {}).differs == ["Make"]


def test_of_a_raw_and_a_jpeg_of_one_shot_neither_is_advised_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "are_same", lambda *_: True)
    thumbnail = base64.b64encode(photos.jpeg(200, 150)).decode()
    shot = {"thumbnail_base64": thumbnail}
    points = stored(
        record(1, "/raw/1.dng", format="DNG", **shot),
        record(2, "/jpeg/1.jpg", format="JPEG", **shot),
        record(3, "/copy/1.dng", format="DNG", **shot),
    )
    found = shown(points)
    assert found is not None
    group = compared(found, Policy(), {})

    advised = {each.fields.full_path: advice(group, each) for each in group.members}
    assert advised == {"/raw/1.dng": "keep", "/jpeg/1.jpg": "look", "/copy/1.dng": "archive"}
