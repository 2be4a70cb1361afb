"""The broker's program: jars from Maven, pinned by their SHA-256, kept in a cache directory."""

import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from libs.common.errors import Code, SluiceError
from libs.common.runtime.lock import DirLock

KAFKA_VERSION = "4.4.0"
# Resolved one by one: together, the second one's dependency management would change the first one's.
_COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
_DOWNLOAD_SECONDS = 300.0
_HERE = Path(__file__).parent
_log = logging.getLogger(__name__)


def directory(cache_dir: Path) -> Path:
    """Where in the cache this version of Kafka lies."""
    return cache_dir / f"kafka-{KAFKA_VERSION}"


def pinned() -> dict[str, str]:
    """The SHA-256, in hex, of each jar by its file name."""
    lines = (_HERE / f"kafka-{KAFKA_VERSION}.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def obtain(cache_dir: Path, mirror: str | None = None) -> list[Path]:
    """The jars, sorted by name; fetched from Maven only if one is missing or is not the pinned one.

    Blocks: 50 ms when all are there, else as long as the download takes. `mirror` is the base URL of the
    Maven repository to use. Raises SluiceError download_failed.
    """
    target = directory(cache_dir)
    lock = DirLock(target)
    lock.acquire(_DOWNLOAD_SECONDS + 10.0)
    try:
        wanted = pinned()
        if wrong := _wrong(target, wanted):
            _log.info("downloading Apache Kafka %s (43 MB, once)", KAFKA_VERSION)
            _fetch(target, wrong, mirror)
        return [target / name for name in sorted(wanted)]
    finally:
        lock.release()


def _wrong(target: Path, wanted: dict[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in wanted.items() if _sha256(target / name) != digest}


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _fetch(target: Path, wanted: dict[str, str], mirror: str | None) -> None:
    with tempfile.TemporaryDirectory(dir=target, prefix="fetch-") as work:
        found = {path.name: path for path in _resolve(Path(work), mirror)}
        for name, digest in wanted.items():
            _install(found.get(name), target / name, digest)


def _install(found: Path | None, destination: Path, digest: str) -> None:
    if found is None:
        raise _failed(f"{destination.name} was not among what Maven resolved")
    # Checked before it is moved into place, so that the cache never holds what was not pinned.
    copy = found.with_name(f"{found.name}.copy")
    shutil.copyfile(found, copy)
    if _sha256(copy) != digest:
        raise _failed(f"{destination.name} does not have the SHA-256 that is pinned for it")
    copy.replace(destination)


def _resolve(work: Path, mirror: str | None) -> Iterable[Path]:
    command = [sys.executable, "-P", str(_HERE / "fetch.py"), str(work), mirror or "", *_COORDINATES]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise _failed(f"no end after {_DOWNLOAD_SECONDS:.0f} s") from None
    if done.returncode:
        raise _failed(_last_line(done.stderr))
    return [Path(line) for line in done.stdout.splitlines() if line.endswith(".jar")]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason given"


def _failed(why: str) -> SluiceError:
    return SluiceError(
        Code.DOWNLOAD_FAILED,
        f"Apache Kafka {KAFKA_VERSION} could not be downloaded from Maven: {why}. Set MAVEN_MIRROR to the "
        "base URL of a Maven repository within reach, or KAFKA_BOOTSTRAP_SERVERS to a running Kafka",
    )
