"""`python -m bench.objects`: photos from a bucket next to the same from disk, and what the stores give.

Two stores: moto, a server for tests, and one that only sends bytes out of memory, as near as a store can be.
"""

import asyncio
import http.client
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import urlsplit

from bench.photos import CAMERA, jpegs
from libs.common.sources.remote import Remote
from libs.common.sources.roots import ANYWHERE
from libs.common.sources.sources import Sources
from services.processor.decoding.fetching import Fetching
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Inspected, Request
from services.processor.decoding.pool import DecodePool
from tests.support.s3 import KEYS, running_s3

PHOTOS, ROUNDS, WORKERS, THREADS, SECONDS = 16, 3, 2, 8, 60.0
BUCKET = "bench"
MB = 1e6


async def main() -> None:
    """Print MB/s: read and decoded by Sluice's processes, and sent by the store alone."""
    with tempfile.TemporaryDirectory() as folder:
        files = jpegs(Path("data/bench"), CAMERA, PHOTOS)
        size = sum(file.stat().st_size for file in files)
        disk = await decoded(Path(folder), [bytes(file.absolute()) for file in files], None, size)
        print(f"disk: {disk:.1f} MB/s read, hashed and decoded ({PHOTOS} photos, {size / MB:.0f} MB)")
        with running_s3() as moto:
            bucket = moto.bucket(BUCKET)
            bucket.put({file.name: file.read_bytes() for file in files})
            await compared("moto", moto.endpoint, Path(folder), files, disk)
        with near_store(files[0].parent) as endpoint:
            await compared("near store", endpoint, Path(folder), files, disk)


async def compared(name: str, endpoint: str, folder: Path, files: Sequence[Path], disk: float) -> None:
    """Print what the store gives, and what Sluice makes of it."""
    size = sum(file.stat().st_size for file in files)
    paths = [f"s3://{BUCKET}/{file.name}".encode() for file in files]
    floor = await asyncio.to_thread(sent, endpoint, [file.name for file in files], size)
    rate = await decoded(folder, paths, endpoint, size)
    print(f"{name}: {rate:.1f} MB/s, {rate / disk:.2f} of disk; by itself it sends {floor:.0f} MB/s")


async def decoded(folder: Path, paths: Sequence[bytes], endpoint: str | None, size: int) -> float:
    """MB/s of the processor's pool over these files, the best of some rounds."""
    fetching = Fetching(Sources(ANYWHERE, Remote(endpoint)), SECONDS)
    inspector = Inspector(folder / "cache")
    async with DecodePool(inspector, WORKERS, SECONDS, fetching=fetching) as pool:
        return max([size / MB / await _round(pool, paths) for _ in range(ROUNDS)])


async def _round(pool: DecodePool, paths: Sequence[bytes]) -> float:
    requests = [_request(path) for path in paths]
    begun = time.perf_counter()
    replies = await pool.inspect(requests)
    if not all(isinstance(reply, Inspected) for reply in replies):
        raise RuntimeError(f"not all were decoded, the first: {replies[0]}")
    return time.perf_counter() - begun


def _request(path: bytes) -> Request:
    if path.startswith(b"s3:"):
        return Request(path=path, size=0, mtime_ns=0)
    found = Path(path.decode()).stat()
    return Request(path=path, size=found.st_size, mtime_ns=found.st_mtime_ns)


def sent(endpoint: str, names: Sequence[str], size: int) -> float:
    """MB/s of plain requests in threads, the best of some rounds."""
    with ThreadPoolExecutor(THREADS) as threads:
        rounds = [_timed(lambda: list(threads.map(_get(endpoint), names))) for _ in range(ROUNDS)]
    return size / MB / min(rounds)


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _get(endpoint: str) -> Callable[[str], int]:
    def get(name: str) -> int:
        connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=SECONDS)
        try:
            connection.request("GET", f"/{BUCKET}/{name}")
            return len(connection.getresponse().read())
        finally:
            connection.close()

    return get


@contextmanager
def near_store(folder: Path) -> Iterator[str]:
    """A process that sends the folder's files out of memory, as an S3 server answers a GET."""
    with Popen([sys.executable, "-m", "bench.object_store", str(folder)], stdout=PIPE) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("the store has no output")
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


if __name__ == "__main__":
    os.environ.update(KEYS)
    asyncio.run(main())
