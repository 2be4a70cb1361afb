"""A folder from hell through the whole system: every file one outcome, the job over, healthy photos found."""

import hashlib
import os
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest

from libs.common.control import ModelInUse
from libs.common.ids import file_id
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Record
from services.ml.engine.backend import Described
from services.ml.lite.lite import LiteBackend
from tests.support.describing import describe
from tests.support.hell import library, places
from tests.support.hell.case import STORED, Case, one_of_each
from tests.support.hell.decoders import MEMORY_BYTES, Decoders, watched
from tests.support.hell.judging import is_for_people
from tests.support.hell.library import Laid
from tests.support.system import finished, new_collection, submit, system

SEED = int(os.environ.get("HELL_SEED", "6"))
WORKERS = 2
ENVIRONMENT = {
    "DECODE_WORKERS": str(WORKERS),
    "DECODE_MEMORY_BYTES": str(MEMORY_BYTES),
    "DECODE_TIMEOUT_SECONDS": "6",
}


@dataclass(frozen=True)
class Reported:
    """What the system says at the end, and what it keeps."""

    laid: Laid
    status: dict[str, Any]
    files: dict[str, dict[str, Any]]
    points: dict[str, Record]
    decoders: Decoders
    log: str


async def ingested(home: Path, chosen: list[Case], timeout_s: float) -> Reported:
    """The folder ingested by the system as a process of its own, which then stops."""
    root = home / "photos"
    root.mkdir()
    laid = library.lay(root, chosen)
    async with (
        system(home / "data", "tests.support.hell.sabotaged", SCAN_ROOTS=str(root), **ENVIRONMENT) as running,
        httpx.AsyncClient(base_url=running.base_url, timeout=60) as client,
    ):
        await new_collection(client, "photos")
        async with watched(running.process.pid) as decoders:
            status = await finished(client, await submit(client, root), timeout_s)
        files = await files_of(client, status["job_id"])
        family = psutil.Process(running.process.pid).children(recursive=True)
        assert await running.stop() == 0, running.text()[-2000:]
        assert not [each for each in family if each.is_running()], "a process is left"
        log = running.text()
    return Reported(laid, status, files, await points_of(home / "data" / "store"), decoders, log)


async def files_of(client: httpx.AsyncClient, job_id: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    cursor: dict[str, str] = {}
    while True:
        page = await client.get(f"/api/v1/ingest/jobs/{job_id}/files", params={"limit": 500, **cursor})
        body = page.raise_for_status().json()
        assert not found.keys() & {item["id"] for item in body["items"]}, "a file with two outcomes"
        found |= {item["id"]: item for item in body["items"]}
        if body["next"] is None:
            return found
        cursor = {"cursor": body["next"]}


async def points_of(folder: Path) -> dict[str, Record]:
    store = EdgeStore(folder)
    try:
        page, after = await store.scroll("photos", limit=10_000, vectors=True)
    finally:
        await store.close()
    assert after is None
    return {record.id: record for record in page}


def check(reported: Reported) -> None:
    """Everything that the system promises of such a folder."""
    expected = {
        file_id("photos", path): (path, case.may_when_listed)
        for path, case in reported.laid.cases.items()
        if case.may_when_listed
    }
    healthy = {file_id("photos", path): path for path in reported.laid.healthy}
    assert reported.files.keys() == expected.keys() | healthy.keys()
    outcomes = {each: item["code"] or item["outcome"] for each, item in reported.files.items()}
    assert not {path: outcomes[each] for each, (path, may) in expected.items() if outcomes[each] not in may}
    assert not {path: outcomes[each] for each, path in healthy.items() if outcomes[each] != STORED}
    check_totals(reported)
    check_points(reported, {each: path for each, (path, _) in expected.items()} | healthy, healthy.keys())
    reported.decoders.check()
    assert "Traceback" not in reported.log


def check_totals(reported: Reported) -> None:
    """The job ran to its end; its counts are those of its files, and each failure has a sentence."""
    counts, files = reported.status["counts"], reported.files.values()
    assert reported.status["state"] == "completed"
    by_outcome = Counter(item["outcome"] for item in files)
    assert (counts["total"], counts["stored"]) == (len(files), by_outcome["stored"])
    failed, skipped = by_outcome["failed"], by_outcome["skipped"]
    assert (counts["failed"], counts["skipped"], counts["in_flight"]) == (failed, skipped, 0)
    codes = Counter(item["code"] for item in files if item["code"])
    assert reported.status["error_counts"] | reported.status["skipped_counts"] == dict(codes)
    assert reported.status["skipped_counts"].keys() <= {"unsupported_type"}
    assert not [item["error"] for item in files if item["code"] and not is_for_people(item["error"])]


def check_points(reported: Reported, paths: dict[str, bytes], healthy: Set[str]) -> None:
    """One point for each stored file and no other, with its hash, and its vector recomputed."""
    stored = {each for each, item in reported.files.items() if item["outcome"] == "stored"}
    assert reported.points.keys() == stored
    for each in stored:
        content, point = Path(os.fsdecode(paths[each])).read_bytes(), reported.points[each]
        assert point.payload["file_hash"] == hashlib.sha256(content).hexdigest()
        # Of some damaged RAWs LibRaw makes another picture, or none, each time: it reads what it never wrote.
        if each in healthy or not paths[each].endswith(b".dng"):
            assert np.allclose(point.vector or [], vector_of(content), atol=1e-3), paths[each]


def vector_of(content: bytes) -> list[float]:
    model = LiteBackend()
    seen = ModelInUse(model=model.model, dimension=model.dimension, input_side=model.input_side).picture_side
    limits = Limits() if seen is None else Limits(short_side=seen)
    (found,) = describe(model, [normalise(content, limits).jpeg], caption=False)
    assert isinstance(found, Described)
    return [float(value) for value in found.embedding]


def cases(home: Path) -> list[Case]:
    places.lay_outside(home / "outside")
    return library.cases(SEED, home / "outside")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
async def test_one_of_each_kind(tmp_path: Path) -> None:
    chosen = one_of_each(cases(tmp_path))
    assert 100 <= len(chosen) <= 250
    check(await ingested(tmp_path, chosen, 90))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
async def test_all_of_them(tmp_path: Path) -> None:
    chosen = cases(tmp_path)
    assert len(chosen) >= 1000
    check(await ingested(tmp_path, chosen, 500))
