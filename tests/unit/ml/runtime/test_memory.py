"""What a model takes of this process's memory."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from services.ml.runtime.graph import Graph
from services.ml.runtime.session import Session
from tests.support.memory import MB, resident


def weighty(floats: int) -> Graph:
    """A model of so many weights."""
    node = helper.make_node("Add", ["x", "weights"], ["y"])
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [floats]) for name in "xy")
    weights = numpy_helper.from_array(np.ones(floats, np.float32), "weights")
    graph = helper.make_graph([node], "weighty", [x], [y], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Graph.of(model)


def test_a_model_is_held_once_and_its_file_not_at_all() -> None:
    Session.open(weighty(1), threads=1)
    before = resident()
    session = Session.open(weighty(4_000_000), threads=1)
    assert resident() < before + 1.5 * 16 * MB
    assert session.device == "cpu"
