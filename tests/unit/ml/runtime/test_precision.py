"""Half precision, where a measurement finds it faster and alike."""

import itertools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from libs.common.errors import Code, SluiceError
from services.ml.clip.towers import EMBEDDING, PIXELS, visual_tower
from services.ml.pixels.squares import noise
from services.ml.runtime.graph import Graph
from services.ml.runtime.precision import Probe, Trial, measured, open_measured
from services.ml.runtime.providers import CPU, PROVIDERS, Runtime
from services.ml.runtime.session import Array, Session
from tests.support.clip.towers import MEAN, SIDE, STD, Towers

PROBE = Probe({PIXELS: noise(SIDE)}, EMBEDDING)
GPU = Runtime(replace(CPU, half="graph"))
"""The CPU, taken for a device that half precision may be faster on."""


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    path = tmp_path_factory.mktemp("tower") / "model.onnx"
    onnx.save(Towers().visual(), path)
    return visual_tower(path, MEAN, STD, SIDE)


def clock_of(single_s: float, half_s: float) -> Callable[[], float]:
    """Float32 is measured first in each round."""

    def times() -> Iterator[float]:
        now = 0.0
        for took in itertools.cycle((single_s, half_s)):
            yield now
            now += took
            yield now

    return times().__next__


def opened(
    graph: Graph, runtime: Runtime, clock: Callable[[], float], caplog: pytest.LogCaptureFixture
) -> tuple[Session, list[str]]:
    with caplog.at_level(logging.INFO):
        session = open_measured(graph, PROBE, threads=1, runtime=runtime, clock=clock)
    return session, [each.getMessage() for each in caplog.records]


def vectors(session: Session) -> Array:
    return session.run(PROBE.inputs, (EMBEDDING,))[0]


def test_half_precision_is_taken_where_it_is_faster_and_gives_the_same_vectors(
    tower: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    session, (line,) = opened(tower, GPU, clock_of(0.004, 0.002), caplog)
    assert session.precision == "float16"
    assert "computes in float16: 2.0 ms a batch in float16, 4.0 ms in float32, least cosine" in line
    exported = vectors(Session.open(tower, threads=1))
    assert (vectors(session) != exported).any()
    assert np.sum(vectors(session) * exported, axis=-1).min() >= 0.999
    assert np.linalg.norm(vectors(session), axis=-1) == pytest.approx(1, abs=1e-5)


def test_float32_stays_where_half_precision_gains_nothing(
    tower: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    session, (line,) = opened(tower, GPU, clock_of(0.002, 0.00199), caplog)
    assert session.precision == "float32"
    assert "computes in float32" in line


def test_float16_that_is_asked_for_is_taken_whatever_it_costs(
    tower: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    session, _ = opened(tower, Runtime(precision="float16"), clock_of(0.001, 0.002), caplog)
    assert session.precision == "float16"


@pytest.mark.parametrize("runtime", [replace(GPU, precision="float32"), Runtime()])
def test_nothing_is_tried_where_it_is_ruled_out_or_on_the_cpu(
    tower: Graph, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    session, lines = opened(tower, runtime, clock_of(0.002, 0.001), caplog)
    assert (session.precision, lines) == ("float32", [])


def test_vectors_that_a_float16_cannot_hold_keep_the_model_in_float32(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    towers = Towers()
    large = replace(towers, patches=towers.patches * 1e6)
    onnx.save(large.visual(), tmp_path / "model.onnx")
    graph = visual_tower(tmp_path / "model.onnx", MEAN, STD, SIDE)
    for precision in ("auto", "float16"):
        caplog.clear()
        asked = replace(GPU, precision=precision)
        session, (line,) = opened(graph, asked, clock_of(0.002, 0.001), caplog)
        assert session.precision == "float32"
        assert "computes in float32" in line


def test_vectors_of_no_number_do_not_agree() -> None:
    assert not Trial(single_s=1, half_s=0.1, cosine=float("nan")).agrees


def test_a_graph_that_cannot_be_converted_stays_and_the_log_says_why(
    tower: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    model = onnx.load_model_from_string(tower.data)
    # The conversion takes names for unique, which they are in each branch only.
    branch = onnx.helper.make_graph(
        [onnx.helper.make_node("Mul", ["embedding", "one"], ["same"])],
        "branch",
        [],
        [onnx.helper.make_tensor_value_info("same", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.ones(1, np.float32), "one")],
    )
    chosen = onnx.helper.make_node("If", ["yes"], ["chosen"], then_branch=branch, else_branch=branch)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(True), "yes"))
    model.graph.node.insert(len(model.graph.node) - 2, chosen)
    model.graph.node[-2].input[0] = "chosen"
    session, (line,) = opened(Graph.of(model), GPU, clock_of(0.002, 0.001), caplog)
    assert session.precision == "float32"
    assert line.startswith("the model stays in float32, as float16 failed: ")


def test_a_model_that_was_exported_in_half_precision_is_said_to_be_so(
    tower: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    half = Graph.of(onnx.load_model_from_string(tower.in_half().data))
    session, lines = opened(half, GPU, clock_of(0.002, 0.001), caplog)
    assert (session.precision, lines) == ("float16", [])


def test_each_is_measured_by_its_best_round() -> None:
    now = 0.0

    class Slow:
        def __init__(self, *seconds: float) -> None:
            self._seconds = iter(seconds)

        def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
            nonlocal now
            assert (inputs, outputs) == (PROBE.inputs, (EMBEDDING,))
            now += next(self._seconds)
            return [np.array([[0.6, 0.8], [1.0, 0.0]], np.float32)]

    trial = measured(Slow(90, 3, 2, 4), Slow(80, 5, 1, 9), PROBE, lambda: now)
    assert (trial.single_s, trial.half_s) == (2, 1)
    assert trial.cosine == pytest.approx(1)


def test_providers_that_compute_in_half_precision_by_options_are_told_so() -> None:
    tensorrt, _, _, _, _, openvino, *_ = PROVIDERS
    cached = Runtime(tensorrt, cache=Path("/models/engines"))
    cache = {"trt_engine_cache_enable": "True", "trt_engine_cache_path": "/models/engines"}
    behind: list[tuple[str, dict[str, str]]] = [("CUDAExecutionProvider", {}), (CPU.name, {})]
    assert cached.providers(half=True) == [(tensorrt.name, {"trt_fp16_enable": "True", **cache}), *behind]
    assert cached.providers(half=False) == [(tensorrt.name, cache), *behind]
    for half, precision in ((True, "FP16"), (False, "FP32")):
        told = {"device_type": "GPU", "precision": precision}
        assert Runtime(openvino).providers(half=half) == [(openvino.name, told), (CPU.name, {})]
    assert Runtime().providers(half=False) == [(CPU.name, {})]


def test_a_device_that_is_not_here_is_one_sentence_that_says_what_is() -> None:
    assert Runtime.of("cpu", "auto").provider is CPU
    assert not Runtime.of("auto", "auto").provider.by_request
    with pytest.raises(SluiceError, match=r"has no ML_DEVICE rocm; it has .*cpu") as refused:
        Runtime.of("rocm", "auto")
    assert refused.value.code is Code.MODEL_UNAVAILABLE
