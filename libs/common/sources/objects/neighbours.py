"""Which objects of a bucket describe its photos: known from the same listing, without a call of its own."""

from collections.abc import Iterator, Sequence

from libs.common.errors import FileError
from libs.common.sources.entries import Described
from libs.common.sources.objects.objects import Meta
from libs.common.sources.sidecars import takeout_of, xmp_of

_SUFFIXES = (".xmp", ".json")

Sizes = dict[bytes, int]
"""The size of each sidecar of a folder, by its name."""
Folders = dict[str, Sizes]
Page = Sequence[Meta]


class Neighbours:
    """The sidecars in some pages of a listing, as `sidecars_of` gives them."""

    def __init__(self, *pages: Folders) -> None:
        self._pages = [each for each in pages if each]

    def of(self, key: str) -> tuple[Described, ...]:
        """What describes the object of this key."""
        if not self._pages:
            return ()
        folder, _, name = key.rpartition("/")
        there: Sizes = {}
        for each in self._pages:
            there |= each.get(folder, {})
        if not there:
            return ()
        found = (xmp_of(name.encode(), there), takeout_of(name.encode(), there))
        return tuple(Described(each, there[each]) for each in found if each is not None)


def with_neighbours(pages: Iterator[Page]) -> Iterator[tuple[Page, Neighbours]]:
    """Each page with the sidecars in it, before and after it: names of one photo sort next to each
    other.

    Memory holds two pages, and the sidecars of a third.
    """
    before: Folders = {}
    held: tuple[Page, Folders] | None = None
    try:
        for page in pages:
            found = sidecars_of(page)
            if held is not None:
                yield held[0], Neighbours(before, held[1], found)
                before = held[1]
            held = page, found
    except FileError:
        if held is not None:
            yield held[0], Neighbours(before, held[1])
        raise
    if held is not None:
        yield held[0], Neighbours(before, held[1])


def sidecars_of(page: Page) -> Folders:
    """The sidecars in a page, by their folders."""
    found: Folders = {}
    for meta in page:
        key = str(meta["path"])
        if key[-5:].lower().endswith(_SUFFIXES):
            folder, _, name = key.rpartition("/")
            found.setdefault(folder, {})[name.encode()] = int(str(meta["size"]))
    return found
