"""Each image built by buildah without a daemon, and started as an orchestrator starts it.

IMAGES_BASE is a folder with what the Dockerfile builds on: `debootstrap --variant=minbase bookworm FOLDER`,
and in it python3, python3-venv, python3-pip, `python` as a link, no EXTERNALLY-MANAGED, and what pip needs to
reach its index. As root: `IMAGES_BASE=FOLDER .venv/bin/pytest tests/unit/deploy/test_images.py`.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.system import free_port
from tests.support.waiting import until
from tests.unit.deploy.described import ROOT, STAGES, rests

BASE = os.environ.get("IMAGES_BASE")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not BASE or not shutil.which("buildah"), reason="needs buildah and IMAGES_BASE"),
]
# All others wait for Kafka by now; the dashboard has pages that say that the gateway is away.
READY = {"ml": 200, "dashboard": 200}
WAITING = 503
CONFINED = """
mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"
mount -t tmpfs tmpfs "$0/tmp" && mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev"
mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
for folder in data uploads archives models; do
    mount -t tmpfs -o uid=10001,gid=10001,mode=700 tmpfs "$0/$folder"
done
exec chroot "$0" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --inh-caps=-all \
    --bounding-set=-all env -C /data "$@"
"""
"""Read-only but for the volumes, user 10001, no capability: as the compose file and the manifests say. Every
container runtime makes /dev/shm as here; the dashboard's NiceGUI needs it for a process pool's semaphores.
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The command `buildah` over a storage of its own."""
    home = tmp_path_factory.mktemp("images")
    return ("buildah", "--root", f"{home}/root", "--runroot", f"{home}/run", "--storage-driver", "vfs")


@pytest.fixture(scope="module")
async def base(store: tuple[str, ...]) -> None:
    """The image that the Dockerfile begins with, made of IMAGES_BASE."""
    name = f"docker.io/library/{rests('FROM')[0].split()[0]}"
    container = await done(*store, "from", "scratch")
    await done(*store, "add", "-q", container, str(BASE), "/")
    await done(*store, "commit", "-q", "--rm", container, name)


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("stage", STAGES)
async def test_an_image_starts_as_user_10001_with_a_read_only_root_answers_probes_and_stops(
    stage: str, store: tuple[str, ...]
) -> None:
    image = f"sluice-{stage}"
    isolated = ("--isolation", "chroot", "--pull=never", "--format", "docker")
    await done(*store, "build", "-q", *isolated, "--build-arg", f"STAGE={stage}", "-t", image, str(ROOT))
    container = await done(*store, "from", "--pull=never", image)
    root = Path(await done(*store, "mount", container))
    port = free_port()
    try:
        async with started(root, port) as process:
            assert await probed(process, port, "livez") == 200
            assert await probed(process, port, "readyz") == READY.get(stage, WAITING)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        await done(*store, "rm", container)
        await done(*store, "rmi", image)


@asynccontextmanager
async def started(root: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The entry point of an image, confined; killed at the end if it still runs."""
    environment = {
        **dict(pair.split("=", 1) for rest in rests("ENV") for pair in rest.split() if "=" in pair),
        "PATH": "/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PORT": str(port),
        "HEALTH_PORT": str(port),
        "HOST": "127.0.0.1",
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "GATEWAY_URL": f"http://127.0.0.1:{free_port()}",
    }
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--mount", "sh", "-ec", CONFINED, str(root), "/venv/bin/stage"), env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def probed(process: asyncio.subprocess.Process, port: int, probe: str) -> int:
    """What a probe says, once anything does."""
    found: list[int] = []

    async def answers() -> bool:
        assert process.returncode is None, "it ended at its start"
        try:
            async with httpx.AsyncClient() as client:
                found.append((await client.get(f"http://127.0.0.1:{port}/{probe}")).status_code)
        except httpx.TransportError:
            return False
        return True

    await until(answers)
    return found[-1]


async def done(*command: str) -> str:
    """What a command writes; it has to succeed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await process.communicate()
    assert process.returncode == 0, error.decode()[-2000:]
    return out.decode().strip()
