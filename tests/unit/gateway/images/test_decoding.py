"""Pictures are decoded next to the gateway: what hangs or crashes there costs one picture."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from libs.common.errors import Code, FileError
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import displayable, normalise
from libs.common.sources.source import OpenFile
from services.gateway.images.decoding import Decoding
from tests.support import photos
from tests.support.waiting import LIMIT_S, until


@pytest.fixture(scope="module")
async def decoding() -> AsyncIterator[Decoding]:
    async with Decoding.open(Limits()) as decoding:
        yield decoding


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """What a decoder reads indefinitely: a pipe that no one writes into."""
    os.mkfifo(tmp_path / "endless.jpg")
    return tmp_path / "endless.jpg"


def opened(path: Path, flags: int = os.O_RDONLY) -> OpenFile:
    return OpenFile.of(os.open(path, flags))


def processes(decoding: Decoding) -> list[psutil.Process]:
    """Those that are up."""
    return [psutil.Process(pid) for decoder in decoding._decoders if (pid := decoder.pid) is not None]


async def test_a_picture_is_decoded_as_in_the_pipeline(decoding: Decoding, tmp_path: Path) -> None:
    data = photos.png(1000, 700)
    (tmp_path / "a.tif").write_bytes(photos.tiff())

    assert await decoding.normalised(data) == normalise(data, Limits()).jpeg
    assert await decoding.displayable(opened(tmp_path / "a.tif")) == displayable(photos.tiff(), Limits())
    file = opened(tmp_path / "a.tif")
    assert await decoding.normalised_file(file.descriptor) == normalise(photos.tiff(), Limits()).jpeg


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.EMPTY_FILE),
        (b"only words", Code.UNSUPPORTED_TYPE),
        (b"\xff\xd8\xff\xe0", Code.TRUNCATED_IMAGE),
    ],
)
async def test_what_is_no_picture_says_so(decoding: Decoding, data: bytes, code: Code) -> None:
    with pytest.raises(FileError) as refusal:
        await decoding.normalised(data)

    assert refusal.value.code in (code, Code.DECODE_FAILED)


async def test_a_file_that_cannot_be_read_is_no_crash(decoding: Decoding, tmp_path: Path) -> None:
    with pytest.raises(FileError) as refusal:
        await decoding.displayable(opened(tmp_path))

    assert refusal.value.code is Code.READ_FAILED


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is not counted")
async def test_a_picture_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (9000, 9000)).save(tmp_path / "large.tif", compression="tiff_deflate")

    async with Decoding.open(Limits(), seconds=30, memory_bytes=300_000_000) as decoding:
        with pytest.raises(FileError, match="memory") as refusal:
            await decoding.displayable(opened(tmp_path / "large.tif"))
        (process,) = processes(decoding)
        assert await decoding.normalised(photos.png(64, 48))
        assert processes(decoding) == [process]

    assert refusal.value.code is Code.DECODE_FAILED


async def test_a_picture_that_takes_for_ever_is_given_up_and_the_next_one_is_decoded(endless: Path) -> None:
    async with Decoding.open(Limits()) as decoding:
        await decoding.normalised(photos.png(64, 48))
        (stuck,) = processes(decoding)
        decoding._seconds = 0.3
        with pytest.raises(FileError) as refusal:
            await decoding.displayable(opened(endless, os.O_RDWR))
        decoding._seconds = 20
        assert not stuck.is_running()
        assert await decoding.normalised(photos.png(64, 48))
        (renewed,) = processes(decoding)

    assert refusal.value.code is Code.DECODE_TIMEOUT
    assert not renewed.is_running()


async def test_a_decoder_that_crashes_costs_one_picture(endless: Path) -> None:
    async with Decoding.open(Limits()) as decoding:
        await decoding.normalised(photos.png(64, 48))
        (first,) = processes(decoding)
        requested = asyncio.create_task(decoding.displayable(opened(endless, os.O_RDWR)))
        baseline = asyncio.create_task(decoding.normalised(photos.png(64, 48)))
        assert await baseline
        first.kill()
        with pytest.raises(FileError, match="signal 9") as refusal:
            await requested
        assert await decoding.normalised(photos.png(64, 48))

    assert refusal.value.code is Code.DECODER_CRASHED


@pytest.mark.slow
async def test_decoders_do_not_outlive_a_gateway_that_is_killed(endless: Path) -> None:
    code = f"""
import asyncio, os, psutil
from libs.common.imaging.limits import Limits
from libs.common.sources.source import OpenFile
from services.gateway.images.decoding import Decoding
async def main():
    async with Decoding.open(Limits()) as decoding:
        asyncio.create_task(decoding.displayable(OpenFile.of(os.open({str(endless)!r}, os.O_RDWR))))
        while not (found := psutil.Process().children()):
            await asyncio.sleep(0.01)
        await asyncio.to_thread(os.open, {str(endless)!r}, os.O_WRONLY)
        print(found[0].pid, flush=True)
        os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(LIMIT_S):
        message, _ = await process.communicate()

    await until(lambda: not psutil.pid_exists(int(message)))
    assert process.returncode == -signal.SIGKILL
