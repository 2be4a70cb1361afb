"""Which paths stand in a request for what has changed."""

from services.scanner.libraries.fitting import MOST_PATHS, fitting

ROOT = b"/photos"


def test_paths_are_relative_sorted_and_each_once() -> None:
    assert fitting(ROOT, [b"/photos/b.jpg", b"/photos/a/c.jpg", b"/photos/b.jpg"]) == ("a/c.jpg", "b.jpg")


def test_a_folder_stands_for_what_lies_in_it() -> None:
    assert fitting(ROOT, [b"/photos/a", b"/photos/a/b/c.jpg", b"/photos/ab.jpg"]) == ("a", "ab.jpg")


def test_where_they_are_too_many_their_folders_stand_for_them() -> None:
    paths = [b"/photos/x/%d/%d.jpg" % (n % 3, n) for n in range(MOST_PATHS + 1)]
    assert fitting(ROOT, paths) == ("x/0", "x/1", "x/2")


def test_long_names_count_by_their_bytes() -> None:
    assert fitting(ROOT, [b"/photos/x/" + b"n" * 200 + b"%d" % n for n in range(1000)]) == ("x",)


def test_the_folder_of_a_name_that_is_not_utf_8_stands_for_it_and_the_root_for_all() -> None:
    assert fitting(ROOT, [b"/photos/a/\xff.jpg", b"/photos/b.jpg"]) == ("a", "b.jpg")
    assert fitting(ROOT, [b"/photos/\xff.jpg", b"/photos/b.jpg"]) == ()
    assert fitting(ROOT, [b"/photos"]) == ()


def test_a_burst_of_a_thousand_is_named_file_by_file() -> None:
    paths = [b"/photos/2024/IMG_%05d.jpg" % n for n in range(1000)]
    assert len(fitting(ROOT, paths)) == 1000
