"""Asking the gateways for jobs, however often one is gone, and waiting for them to end."""

import asyncio
from dataclasses import dataclass
from itertools import cycle

import httpx

from tests.chaos.library import Folder
from tests.support.waiting import until

ASK_SECONDS = 300.0
TERMINAL = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job and the folder that it ingests."""

    job_id: str
    folder: Folder


async def make_collections(gateway: str, names: tuple[str, ...]) -> None:
    """Before anything goes wrong, once the gateway knows all that it needs for it."""
    async with httpx.AsyncClient(base_url=gateway, timeout=30) as client:
        for name in names:

            async def is_made(name: str = name) -> bool:
                answer = await client.post("/api/v1/collections", json={"collection_name": name})
                if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    return False
                # One that took too long to answer was made all the same.
                if answer.status_code != httpx.codes.CONFLICT:
                    answer.raise_for_status()
                return True

            await until(is_made)


async def submit(gateways: list[str], folder: Folder, key: str, *, force: bool = False) -> Submitted:
    """Ask one gateway after another until one has taken it; the key makes it one job however often."""
    body = {"directory_path": str(folder.path), "collection": folder.collection, "force": force}
    async with asyncio.timeout(ASK_SECONDS), httpx.AsyncClient(timeout=10) as client:
        for gateway in cycle(gateways):
            try:
                answer = await client.post(
                    f"{gateway}/api/v1/ingest", json=body, headers={"Idempotency-Key": key}
                )
            except httpx.HTTPError:
                await asyncio.sleep(0.3)
                continue
            if answer.status_code == 202:
                return Submitted(answer.json()["job_id"], folder)
            if answer.status_code < 500:
                raise AssertionError(f"{gateway} refuses {folder.path}: {answer.text}")
            await asyncio.sleep(0.3)
    raise AssertionError("unreachable")


async def counts(gateway: str, job_id: str) -> tuple[str, dict[str, int]] | None:
    """The job's state and counts as this gateway has it; None while it cannot say."""
    async with httpx.AsyncClient(timeout=30) as client:
        try:
            answer = await client.get(f"{gateway}/api/v1/ingest/status/{job_id}")
        except httpx.HTTPError:
            return None
    if answer.status_code != 200:
        return None
    body = answer.json()
    return body["state"], body["counts"]


async def ended(gateways: list[str], jobs: list[Submitted]) -> None:
    """Return once every gateway says of every job that it is over."""
    for job in jobs:
        for gateway in gateways:
            while (found := await counts(gateway, job.job_id)) is None or found[0] not in TERMINAL:
                await asyncio.sleep(0.3)
