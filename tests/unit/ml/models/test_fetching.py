"""Fetching a model from a hub on loopback, with the hub's own client."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError
from services.ml.clip.folder import FILES, ClipFolder
from services.ml.models.hub import HuggingFace
from services.ml.models.lock import read_lock
from services.ml.models.registry import CLIP_LIKENESS, PUBLISHED, Published, published
from services.ml.models.store import ModelStore, problems
from tests.support.clip.folder import make_folder
from tests.support.clip.hub import COMMIT, StubHub
from tests.support.clip.towers import Towers
from tests.support.serving import served

SMALL = Published("small", "owner/small", 16, 32, 1, "MIT", "tests", CLIP_LIKENESS)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("hub") / "small", Towers())


@pytest.fixture
def stub(origin: Path) -> StubHub:
    return StubHub(origin, SMALL.repository)


@pytest.fixture
async def hub(stub: StubHub) -> AsyncIterator[HuggingFace]:
    async with served(stub.app()) as url:
        yield HuggingFace(url)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


async def fetch(store: ModelStore, hub: HuggingFace, model: Published = SMALL) -> None:
    await asyncio.to_thread(store.fetch, model, hub)


async def test_a_model_is_fetched_whole_and_named_by_its_commit(store: ModelStore, hub: HuggingFace) -> None:
    await fetch(store, hub)
    folder = store.folder(SMALL)
    assert all((folder / name).is_file() for name in FILES)
    assert ClipFolder.read(folder).model == f"small@{COMMIT[:12]}"
    assert store.is_fetched(SMALL)


async def test_what_is_here_is_not_fetched_again(store: ModelStore, hub: HuggingFace, stub: StubHub) -> None:
    await fetch(store, hub)
    stub.fetched.clear()
    await fetch(store, hub)
    assert stub.fetched == []


async def test_a_file_that_changed_is_found_and_fetched_again(store: ModelStore, hub: HuggingFace) -> None:
    await fetch(store, hub)
    folder = store.folder(SMALL)
    lock = read_lock(folder)
    assert lock is not None
    (folder / "visual" / "model.onnx").write_bytes(b"other")
    assert list(problems(folder, lock)) == ["visual/model.onnx is not what was fetched"]
    (folder / "visual" / "model.onnx").unlink()
    assert list(problems(folder, lock)) == ["visual/model.onnx is missing"]
    await fetch(store, hub)
    assert list(problems(folder, lock)) == []


async def test_a_file_that_comes_damaged_is_refused_and_the_next_try_gets_it(
    store: ModelStore, hub: HuggingFace, stub: StubHub
) -> None:
    stub.damaged = {"textual/model.onnx"}
    with pytest.raises(SluiceError, match="came damaged") as refused:
        await fetch(store, hub)
    assert refused.value.retryable
    assert not store.is_fetched(SMALL)
    stub.damaged = set()
    await fetch(store, hub)
    assert store.is_fetched(SMALL)


async def test_a_repository_without_a_tower_is_one_sentence(
    store: ModelStore, tmp_path: Path, origin: Path
) -> None:
    half = make_folder(tmp_path / "half", Towers())
    (half / "textual" / "model.onnx").unlink()
    async with served(StubHub(half, SMALL.repository).app()) as url:
        with pytest.raises(SluiceError, match=r"has no textual/model\.onnx"):
            await fetch(store, HuggingFace(url))
    assert origin.is_dir()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_offline_is_one_sentence_with_the_way_out(store: ModelStore, url: str) -> None:
    with pytest.raises(SluiceError, match="ML_MODEL may also name a folder") as refused:
        store.fetch(SMALL, HuggingFace(url))
    assert refused.value.code is Code.DOWNLOAD_FAILED


async def test_a_repository_that_is_not_there_is_one_sentence(store: ModelStore, hub: HuggingFace) -> None:
    other = Published("other", "owner/other", 16, 32, 1, "MIT", "tests", CLIP_LIKENESS)
    with pytest.raises(SluiceError, match="it answers 404"):
        await fetch(store, hub, other)


def test_each_published_model_has_a_name_of_its_own() -> None:
    assert len({model.name for model in PUBLISHED}) == len(PUBLISHED)
    assert published("ViT-B-32__laion2b-s34b-b79k") is PUBLISHED[0]
    assert published("nonsense") is None
