"""What is passed over in a bucket, whose folders are only parts of keys."""

from collections.abc import Generator
from dataclasses import dataclass

from libs.common.errors import Code, FileError
from libs.common.sources.entries import Entry, Ignored
from libs.common.sources.files.exclusions import IGNORE_FILE, NO_MEDIA, Exclusions
from libs.common.sources.objects.failures import file_errors
from libs.common.sources.objects.objects import Place
from libs.common.sources.objects.stores import Store
from libs.common.sources.source import Listing
from sluice.files.formats import ignored_file_rule


@dataclass(slots=True)
class _Folder:
    """A folder of the key that was seen last: its keys begin with `prefix`."""

    prefix: str
    exclusions: Exclusions
    ignored: bool = False


class Folders:
    """Follows a listing in the order of its keys, and says of each whether it is passed over."""

    def __init__(self, place: Place, store: Store, requested: Listing) -> None:
        self._place = place
        self._store = store
        self._requested = requested
        self._below = f"{place.key}/" if place.key else ""
        root = place.uri(place.key).rstrip(b"/")
        self._exclusions = Exclusions.of(root, requested.exclude)
        self._stack: list[_Folder] = []
        self.in_order = True
        """Whether keys come in their order: then the marks of most folders need no look of their own."""

    def enter(self, key: str) -> Generator[Entry, None, bool]:
        """What is passed over with this key; whether the object itself is."""
        yield from self._descend(key)
        folder = self._stack[-1]
        if folder.ignored:
            return True
        name = key.rpartition("/")[2]
        path = self._place.uri(key)
        if name == NO_MEDIA:
            folder.ignored = True
            yield Ignored(self._path(folder), NO_MEDIA)
            return True
        if name == IGNORE_FILE:
            self._read(folder)
        rule = folder.exclusions.rule(path) or ignored_file_rule(name.encode())
        if rule is None:
            return False
        yield Ignored(path, rule)
        return True

    def _descend(self, key: str) -> Generator[Entry, None, None]:
        """Leave the folders that the key is not in, and enter those that it is."""
        while self._stack and not key.startswith(self._stack[-1].prefix):
            self._stack.pop()
        if not self._stack:
            yield from self._push(_Folder(self._below, self._exclusions), key)
        for name in key[len(self._stack[-1].prefix) :].split("/")[:-1]:
            above = self._stack[-1]
            below = _Folder(f"{above.prefix}{name}/", above.exclusions, above.ignored)
            if not below.ignored and (ignored := self._ignored(below, name)):
                below.ignored = True
                yield ignored
            yield from self._push(below, key)

    def _push(self, folder: _Folder, first: str) -> Generator[Entry, None, None]:
        """Enter a folder with its first key. Its marks are looked for where the listing has them later."""
        self._stack.append(folder)
        if folder.ignored or (self.in_order and first >= folder.prefix + NO_MEDIA):
            return
        if self._is_there(folder.prefix + NO_MEDIA):
            folder.ignored = True
            yield Ignored(self._path(folder), NO_MEDIA)
        else:
            self._read(folder)

    def _ignored(self, folder: _Folder, name: str) -> Ignored | None:
        path = self._path(folder)
        passed_over = self._requested.passed_over.folder_rule(name.encode())
        rule = folder.exclusions.rule(path, folder=True) or passed_over
        return None if rule is None else Ignored(path, rule)

    def _path(self, folder: _Folder) -> bytes:
        return self._place.uri(folder.prefix).rstrip(b"/")

    def _is_there(self, key: str) -> bool:
        try:
            with file_errors(self._place.scheme, self._place.bucket):
                self._store.head(key)
        except FileError as error:
            if error.code is Code.FILE_VANISHED:
                return False
            raise
        return True

    def _read(self, folder: _Folder) -> None:
        """Have the folder's own patterns come first."""
        try:
            with file_errors(self._place.scheme, self._place.bucket):
                text = self._store.get(folder.prefix + IGNORE_FILE).bytes().to_bytes()
        except FileError as error:
            if error.code is Code.FILE_VANISHED:
                return
            raise
        folder.exclusions = folder.exclusions.with_text(self._path(folder), text)
