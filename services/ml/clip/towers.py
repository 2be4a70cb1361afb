"""The two towers as this service runs them: bytes of pixels in, vectors of length 1 out.

Scaling, normalising and the change to channels first are put into the graph, so that a quarter of the bytes
goes to the device and no core computes what the device can.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from services.ml.runtime.graph import Graph

PIXELS, EMBEDDING = "sluice_pixels", "sluice_embedding"
_NORM_OPSET = 1


def visual_tower(path: Path, mean: Sequence[float], std: Sequence[float], side: int) -> Graph:
    """The model at `path` from uint8 N x side x side x RGB to EMBEDDING."""
    model = onnx.load(path)
    taken = model.graph.input[0]
    _prepend(model, taken, np.asarray(mean), np.asarray(std))
    _end_normalised(model)
    del model.graph.input[:]
    model.graph.input.append(helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["n", side, side, 3]))
    return Graph.of(model)


def textual_tower(path: Path) -> Graph:
    """The model at `path` with EMBEDDING as its only output."""
    model = onnx.load(path)
    _end_normalised(model)
    return Graph.of(model)


def _prepend(model: onnx.ModelProto, taken: onnx.ValueInfoProto, mean: np.ndarray, std: np.ndarray) -> None:
    """(pixel / 255 - mean) / std, as one multiplication and one addition a channel."""
    kind = taken.type.tensor_type.elem_type
    single = np.float16 if kind == TensorProto.FLOAT16 else np.float32
    factor, offset = 1 / (255 * std), -mean / std
    constants = {
        "sluice_factor": factor.astype(single).reshape(1, 3, 1, 1),
        "sluice_offset": offset.astype(single).reshape(1, 3, 1, 1),
    }
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    nodes = [
        helper.make_node("Transpose", [PIXELS], ["sluice_first"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["sluice_first"], ["sluice_floats"], to=kind),
        helper.make_node("Mul", ["sluice_floats", "sluice_factor"], ["sluice_scaled"]),
        helper.make_node("Add", ["sluice_scaled", "sluice_offset"], [taken.name]),
    ]
    for node in reversed(nodes):
        model.graph.node.insert(0, node)


def _end_normalised(model: onnx.ModelProto) -> None:
    given = model.graph.output[0].name
    model.graph.node.extend(
        [
            helper.make_node("Cast", [given], ["sluice_vector"], to=TensorProto.FLOAT),
            helper.make_node("LpNormalization", ["sluice_vector"], [EMBEDDING], axis=-1, p=2),
        ]
    )
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, None))
