"""Whatever is asked for, in whatever tree: no content loses its last copy, and none is lost at all."""

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.archive.journal import Opened
from services.gateway.archive.moves.naming import DUPLICATES
from services.gateway.archive.planning import duplicates
from tests.support.archiving import ARCHIVE_ID, contents, executor, in_place, record_of

FOLDERS = st.sampled_from(["a", "b", "a/c"])
NAMES = st.sampled_from(["1.jpg", "2.jpg", "1.dng", "1.xmp", "2.jpg.xmp", "2.mov"])
TREES = st.dictionaries(
    st.tuples(FOLDERS, NAMES), st.sampled_from([b"x", b"y", b"z"]), min_size=1, max_size=12
)


@given(tree=TREES, data=st.data())
@settings(max_examples=60)
def test_no_content_loses_its_last_copy(tree: dict[tuple[str, str], bytes], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        root = Path(folder).resolve() / "photos"
        paths = []
        for (place, name), content in tree.items():
            path = root / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths += [path] if path.suffix in (".jpg", ".dng") else []
        requested = data.draw(st.sets(st.sampled_from(paths))) if paths else set()
        before, photos = contents(root), {record.payload["file_hash"] for record in map(record_of, paths)}
        shop = executor(root)
        shop.root.mkdir()
        shop.journal(ARCHIVE_ID).begin(Opened(kind="exact", collection="photos", generation=None))
        targets = duplicates({record_of(path).id for path in requested}, map(record_of, paths))
        rehearsed = shop.rehearse(targets, DUPLICATES)
        result = shop.archive(ARCHIVE_ID, targets, DUPLICATES)

        assert contents(root) == before
        kept = {record_of(path).payload["file_hash"] for path in in_place(root) if path in paths}
        assert kept == photos
        assert {gone.point_id for gone in rehearsed.archived} == {gone.point_id for gone in result.archived}

        assert all(found.error is None for found in shop.restore(ARCHIVE_ID, dry_run=False))
        assert set(paths) <= set(in_place(root))
        assert contents(root) == before
