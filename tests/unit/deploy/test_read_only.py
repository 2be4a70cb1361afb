"""Each stage on a root that it may not write to, without capabilities: as its image runs, but without one."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.system import free_port
from tests.unit.deploy.described import STAGES
from tests.unit.deploy.test_images import READY, WAITING, probed

MAY_MOUNT = os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not MAY_MOUNT, reason="needs the right to mount"),
]
CONFINED = """
mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,ro,bind /
mount -t tmpfs -o mode=1777 tmpfs /dev/shm && cd "$0"
exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
"""


@pytest.mark.parametrize("stage", STAGES)
async def test_a_stage_starts_where_only_its_data_and_shared_memory_can_be_written(
    stage: str, tmp_path: Path
) -> None:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATA_DIR": str(tmp_path / "data"),
        "TMPDIR": str(tmp_path),
        "PORT": str(port),
        "HEALTH_PORT": str(port),
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "GATEWAY_URL": f"http://127.0.0.1:{free_port()}",
    }
    confined = ("unshare", "--mount", "sh", "-ec", CONFINED, str(tmp_path))
    process = await asyncio.create_subprocess_exec(
        *confined, sys.executable, "-m", f"services.{stage}", env=environment
    )
    try:
        assert await probed(process, port, "readyz") == READY.get(stage, WAITING)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
