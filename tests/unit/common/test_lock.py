"""A directory has one owner, and is free as soon as that one is gone."""

import multiprocessing
import multiprocessing.synchronize
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.runtime.lock import DirLock
from tests.support.waiting import LIMIT_S

LEAVES_A_CHILD = """
    import os, pathlib, sys
    from libs.common.runtime.lock import DirLock

    DirLock(pathlib.Path(sys.argv[1])).acquire()
    if not (pid := os.fork()):
        sys.stdin.read()
        os._exit(0)
    print(pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_a_second_owner_is_refused_with_the_firsts_pid(tmp_path: Path) -> None:
    with DirLock(tmp_path), pytest.raises(SluiceError, match=rf"pid {os.getpid()}\b") as caught:
        DirLock(tmp_path).acquire()
    assert caught.value.code is Code.DATA_DIR_BUSY


@pytest.mark.parametrize("place", ["file", "file/inside"])
def test_a_directory_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SluiceError, match="set DATA_DIR") as caught:
        DirLock(tmp_path / place).acquire()
    assert caught.value.code is Code.BAD_SETTING


def test_a_released_directory_can_be_taken(tmp_path: Path) -> None:
    first = DirLock(tmp_path)
    first.acquire()
    first.release()
    first.release()
    with DirLock(tmp_path):
        pass


def test_a_directory_is_free_when_its_owner_was_killed_though_its_child_lives(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LEAVES_A_CHILD), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    owner.wait(10)
    os.kill(child, 0)
    lock = DirLock(tmp_path)
    lock.acquire(timeout=LIMIT_S)  # the child lets go as its first act, which may be yet to come
    lock.release()
    owner.stdin.close()
    owner.stdout.close()


def test_whoever_waits_gets_it_when_it_is_released(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    holding, let_go = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(tmp_path, holding, let_go))
    holder.start()
    assert holding.wait(20)
    let_go.set()
    DirLock(tmp_path).acquire(timeout=LIMIT_S)
    holder.join(10)
    assert holder.exitcode == 0


def hold(
    directory: Path, holding: "multiprocessing.synchronize.Event", let_go: "multiprocessing.synchronize.Event"
) -> None:
    with DirLock(directory):
        holding.set()
        let_go.wait(20)
