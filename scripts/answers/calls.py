"""The calls that are recorded, each as its ordinary use comes to it."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

from scripts.answers.recorder import API, Recorder
from tests.support.system import finished
from tests.support.waiting import until

NAME = "my_photo_collection"


async def of_jobs(record: Recorder, folder: Path) -> str:
    """A job from its start to its report, and what may be done with one; its id."""

    async def ingest(path: Path, **wanted: Any) -> str:
        body = {"directory_path": str(path), **wanted}
        return str((await record.call("POST", f"{API}/ingest", json=body))["job_id"])

    await record.call("POST", f"{API}/ingest", json={"directory_path": str(folder)})
    await record.call("POST", f"{API}/collections", json={"collection_name": NAME})
    await record.call("POST", f"{API}/collections", json={"collection_name": NAME})
    await record.call("POST", f"{API}/collections/select", json={"collection_name": NAME})
    job = await ingest(folder / "photos", labels={"order": "2024-117"})
    await finished(record.client, job)
    many = await ingest(folder / "many")
    for _ in range(200):
        if await record.call("GET", f"{API}/ingest/jobs/{many}/inflight"):
            break
    for command in ("pause", "resume", "cancel", "cancel"):
        await record.call("POST", f"{API}/ingest/jobs/{many}/{command}")
    await finished(record.client, many)
    shutil.rmtree(folder / "many")
    whole = await ingest(folder)
    await finished(record.client, whole)
    for path in (f"status/{job}", f"jobs/{whole}/files", "jobs", "recent_jobs"):
        await record.call("GET", f"{API}/ingest/{path}")
    await record.call("POST", f"{API}/ingest/jobs/{whole}/retry", json={})
    await record.call("POST", f"{API}/ingest/jobs/{job}/retry", json={})
    upload = {"files": ("IMG_0001.png", (folder / "photos" / "coffee.png").read_bytes())}
    await record.call("POST", f"{API}/ingest/upload", files=upload)
    (folder / "photos" / "moon.png").unlink()
    synced = await ingest(folder / "photos", sync=True, prune="ask")
    await finished(record.client, synced)
    await record.call("GET", f"{API}/ingest/jobs/{synced}/prune")
    pruned = await record.call("POST", f"{API}/ingest/jobs/{synced}/prune")
    await finished(record.client, pruned["job_id"])
    await record.call("POST", f"{API}/ingest/jobs/{pruned['job_id']}/prune/undo")
    await record.call("GET", f"{API}/folders", params={"path": str(folder)})
    return whole


async def of_photos(record: Recorder, folder: Path) -> list[str]:
    """Searches, lists and maps; the ids of some photos."""
    found = await record.call("POST", f"{API}/search", json={"query": "coffee cup"})
    ids = [each["id"] for each in found["results"]]
    for what in ("info", "similar"):
        await record.call("GET", f"{API}/images/{ids[0]}/{what}")
    picture = {"file": ("flower.jpg", (folder / "photos" / "flower.jpg").read_bytes())}
    await record.call("POST", f"{API}/search/image", files=picture)
    await record.call("GET", f"{API}/collections/{NAME}/images", params={"sort": "-width"})
    await record.call("GET", f"{API}/collections/{NAME}/facets", params={"fields": "format,camera"})
    await record.call("GET", f"{API}/random")
    await record.call("GET", "/umap/projection")
    await record.call(
        "POST", "/umap/projection_with_clustering", json={"algorithm": "kmeans", "n_clusters": 3}
    )
    return ids


async def of_duplicates(record: Recorder, job: str, ids: list[str], folder: Path) -> None:
    """Found, decided on, moved, and put back."""
    exact = await record.call("GET", f"{API}/duplicates/exact")
    task = (await record.call("POST", f"{API}/duplicates/find-similar", json={"threshold": 0.9}))["task_id"]
    await record.over(task)
    for operation in ("tasks_task", "tasks_newest"):
        record.forget(operation)
    for path in (f"tasks/{task}", "tasks", f"duplicates/report/{task}", "duplicates/curation-status"):
        await record.call("GET", f"{API}/{path}")
    await record.call("POST", f"{API}/tasks/{task}/cancel")
    info = await record.call("GET", f"{API}/images/{ids[0]}/info")
    decision = {"hashes": [exact["groups"][0]["hash"], info["file_hash"]], "decision": "keep_all"}
    decided = await record.call("POST", f"{API}/duplicates/decisions", json=decision)
    await record.call("GET", f"{API}/duplicates/decisions")
    await record.call("DELETE", f"{API}/duplicates/decisions/{decided['decision_id']}")
    below = {"keep_below": str(folder / "photos"), "alike": True}
    await record.call("POST", f"{API}/duplicates/report/{task}/archive", json={**below, "dry_run": True})
    paths = [file["file_path"] for file in exact["groups"][0]["files"]]
    dry = {"file_paths": paths, "dry_run": True}
    await record.call("POST", f"{API}/duplicates/archive-exact", json=dry)
    record.forget("archives_archive_exact")
    moved = await record.call("POST", f"{API}/duplicates/archive-exact", json={"file_paths": paths})
    await record.call("GET", f"{API}/archives")
    await record.call("POST", f"{API}/archives/{moved['archive_id']}/restore")
    await record.call("POST", f"{API}/ingest/archive_duplicates/{job}", json={"dry_run": True})


async def of_collections(record: Recorder, ids: list[str]) -> None:
    """What is made of them, by which model, and their end."""
    selection = {"new_collection_name": "best_of", "source_collection": NAME, "point_ids": ids[:2]}
    await record.call("POST", f"{API}/collections/from_selection", json=selection)
    merge = {"dest_collection": "all_photos", "source_collections": [NAME, "best_of"]}
    await record.over((await record.call("POST", f"{API}/collections/merge", json=merge))["task_id"])
    for path in ("collections", "collections/active", f"collections/{NAME}/info"):
        await record.call("GET", f"{API}/{path}")
    model = f"{API}/collections/{NAME}/model"
    taken = await record.call("POST", model, json={"model": "labels"})
    await finished(record.client, taken["job_id"])

    # Some files are broken, so it waits to be told.
    await record.call("POST", f"{model}/filling/switch")
    await record.call("GET", model)
    await record.call("DELETE", f"{model}/previous")
    await record.call("POST", f"{API}/curation/archive-selection", json={"point_ids": ids[:1]})
    await record.call("POST", f"{API}/collections/cache/clear")
    await record.call("DELETE", f"{API}/collections/best_of")


async def of_libraries(record: Recorder, folder: Path) -> None:
    """One that is followed, changed, and followed no more."""
    body = {"name": "family", "uri": str(folder / "photos"), "collection": NAME, "rescan": "PT24H"}
    made = await record.call("POST", f"{API}/libraries", json=body)
    library = f"{API}/libraries/{made['library_id']}"

    async def followed() -> bool:
        return bool((await record.client.get(library)).json()["following"])

    await until(followed)
    await record.call("GET", library)
    await record.call("GET", f"{API}/libraries")
    await record.call("PATCH", library, json={"watch": True})
    await record.call("POST", f"{library}/scan")
    await record.call("DELETE", library)


async def of_the_system(record: Recorder) -> None:
    """How it is."""
    for path in ("/health", "/livez", "/readyz", f"{API}/services", f"{API}/capabilities"):
        await record.call("GET", path)
    await record.call("GET", f"{API}/dead-letters")


async def of_nothing(record: Recorder) -> None:
    """What is answered about ids that nothing has, and to requests with a wrong field."""
    for method, form, _ in record.operations:
        path = form.pattern.replace("[^/]+", str(uuid4()))
        if "[^/]+" in form.pattern and "/switch" not in path:
            await record.call(method, path, **({} if method in ("GET", "DELETE") else {"json": {}}))
        elif method == "POST":
            await record.call(method, path, json={"limit": 0, "collection_name": 7})
