"""One model on ONNX Runtime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from services.ml.runtime.graph import Graph, Precision
from services.ml.runtime.memory import trim
from services.ml.runtime.providers import CPU, PROVIDERS, Runtime

_OUT_OF_MEMORY = ("out of memory", "failed to allocate", "bad_alloc", "cudaerrormemoryallocation")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Session:
    """One loaded model. Its memory goes with the last reference to it."""

    _session: ort.InferenceSession
    provider: str
    precision: Precision

    @classmethod
    def open(
        cls, graph: Graph, *, threads: int, runtime: Runtime | None = None, half: bool = False
    ) -> "Session":
        """The model on the runtime's provider (None: the CPU); `half`: told to compute in float16."""
        runtime = runtime or Runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that wait would otherwise spin on the cores that prepare the next pictures.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = ort.InferenceSession(graph.data, options, providers=runtime.providers(half=half))
        # It keeps the bytes, as many as the weights, to change to the CPU by itself if the device fails. Then
        # it is to fail here: /readyz says so, and an orchestrator restarts the service.
        session.disable_fallback()
        session._model_bytes = None  # noqa: SLF001 (there is no other way, and a test that sees it)
        trim()
        return cls(session, session.get_providers()[0], "float16" if half else graph.precision)

    @property
    def device(self) -> str:
        """ "cpu", "cuda" or another name that capabilities report."""
        return next((each.device for each in PROVIDERS if each.name == self.provider), self.provider)

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
        arenas = next((each.arenas for each in PROVIDERS if each.name == self.provider), CPU.arenas)
        options = ort.RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", arenas)
        self._session.run(list(outputs), dict(inputs), options)
        trim()
