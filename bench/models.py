"""What a picture costs in each model that needs no download: `python -m bench.models`.

By the CPU's time of one thread, which a busy machine changes little.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from bench.vit import SIDE, save_vit
from cli import samples
from services.ml.engine.backend import Backend
from services.ml.labels.labels import LabelsBackend
from services.ml.lite.lite import LiteBackend

ROUNDS = 10


def cpu_ms(work: Callable[[], object]) -> float:
    """Milliseconds of CPU, of all threads of this process."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def described(backend: Backend, pictures: list[bytes]) -> str:
    """Loading the model, then preparing and computing one picture at a time."""
    load = cpu_ms(backend.load)
    prepared = [backend.prepare(each, caption=True) for each in pictures]
    backend.compute(prepared[:1])
    preparing = cpu_ms(lambda: [backend.prepare(each, caption=True) for each in pictures]) / len(pictures)
    computing = cpu_ms(lambda: [backend.compute([each]) for each in prepared]) / len(pictures)
    return f"load {load:.0f} ms, prepare {preparing:.1f} ms, compute {computing:.1f} ms of CPU a picture"


def vit() -> str:
    """The graph of bench.vit, one picture at a time, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        save_vit(Path(folder) / "vit.onnx")
        session = onnxruntime.InferenceSession(Path(folder) / "vit.onnx", options)
    image = {"image": np.zeros((1, 3, SIDE, SIDE), np.float32)}
    session.run(None, image)
    spent = cpu_ms(lambda: [session.run(None, image) for _ in range(ROUNDS)]) / ROUNDS
    return f"compute {spent:.1f} ms of CPU a picture"


def main() -> None:
    """Print each."""
    with tempfile.TemporaryDirectory() as folder:
        samples.make(Path(folder) / "samples")
        pictures = [path.read_bytes() for path in sorted((Path(folder) / "samples/photos").iterdir())]
    for name, backend in (("lite", LiteBackend(parallel=1)), ("labels", LabelsBackend(parallel=1))):
        print(f"{name}: {described(backend, pictures)}")
    print(f"ViT-B/32, random weights: {vit()}")


if __name__ == "__main__":
    main()
