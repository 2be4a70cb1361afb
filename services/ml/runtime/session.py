"""ONNX Runtime: which device there is, and one model on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from services.ml.runtime.memory import trim

PROVIDERS = {
    "TensorrtExecutionProvider": "cuda",
    "CUDAExecutionProvider": "cuda",
    "MIGraphXExecutionProvider": "rocm",
    "ROCMExecutionProvider": "rocm",
    "OpenVINOExecutionProvider": "openvino",
    "CoreMLExecutionProvider": "coreml",
    "CPUExecutionProvider": "cpu",
}
"""What ONNX Runtime may run on, by preference, and the device that it is for people.

TensorRT is used only where it is asked for: it compiles each model for minutes.
"""
_REQUESTED = frozenset({"TensorrtExecutionProvider"})
_WITH_GPU_ARENA = frozenset({"TensorrtExecutionProvider", "CUDAExecutionProvider"})
_OUT_OF_MEMORY = ("out of memory", "failed to allocate", "bad_alloc", "cudaerrormemoryallocation")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Session:
    """One loaded model. Its memory goes with the last reference to it."""

    _session: ort.InferenceSession
    provider: str

    @classmethod
    def open(cls, model: bytes | Path, *, threads: int, provider: str | None = None) -> "Session":
        """The model (a file, or its bytes) on `provider`; None: on the best that is there."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that wait would otherwise spin on the cores that prepare the next pictures.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        wanted = provider or best_provider()
        given = model if isinstance(model, bytes) else str(model)
        session = ort.InferenceSession(
            given, options, providers=list(dict.fromkeys((wanted, "CPUExecutionProvider")))
        )
        # It keeps the bytes, as many as the weights, to change to the CPU by itself if the device fails. Then
        # it is to fail here: /readyz says so, and an orchestrator restarts the service.
        session.disable_fallback()
        session._model_bytes = None  # noqa: SLF001 (there is no other way, and a test that sees it)
        trim()
        return cls(session, session.get_providers()[0])

    @property
    def device(self) -> str:
        """ "cpu", "cuda" or another name that capabilities report."""
        return PROVIDERS.get(self.provider, self.provider)

    @property
    def inputs(self) -> Sequence[Any]:
        """The model's inputs, each with a name, a type and a shape."""
        inputs: Sequence[Any] = self._session.get_inputs()
        return inputs

    @property
    def outputs(self) -> Sequence[str]:
        """The names of the model's outputs."""
        return [output.name for output in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """The outputs for one batch; MemoryError if it is too much for the device."""
        try:
            return [np.asarray(each) for each in self._session.run(list(outputs), dict(inputs))]
        except Exception as error:
            if any(words in str(error).lower() for words in _OUT_OF_MEMORY):
                raise MemoryError("out of memory: send a smaller batch") from error
            raise

    def shrink(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> None:
        """Give back the memory that large batches needed; runs a small one, `inputs`, to do so.

        ONNX Runtime otherwise keeps what its largest batch took, on the device and on the CPU.
        """
        arenas = "cpu:0;gpu:0" if self.provider in _WITH_GPU_ARENA else "cpu:0"
        options = ort.RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", arenas)
        self._session.run(list(outputs), dict(inputs), options)
        trim()


def best_provider() -> str:
    """The first of PROVIDERS that this installation of ONNX Runtime has."""
    found = ort.get_available_providers()
    return next(each for each in PROVIDERS if each in found and each not in _REQUESTED)
