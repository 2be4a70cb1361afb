"""A model as ONNX Runtime takes it, and the same in half precision."""

from dataclasses import dataclass
from typing import Literal

import onnx
from onnx import TensorProto

Precision = Literal["float32", "float16"]


@dataclass(frozen=True, slots=True)
class Graph:
    """A serialized model, and what its weights are in."""

    data: bytes
    precision: Precision = "float32"

    @classmethod
    def of(cls, model: onnx.ModelProto) -> "Graph":
        """`model`, serialized."""
        half = any(each.data_type == TensorProto.FLOAT16 for each in model.graph.initializer)
        return cls(bytes(model.SerializeToString()), "float16" if half else "float32")

    def in_half(self) -> "Graph":
        """Weights and computation in float16, inputs and outputs as they were.

        Raises whatever the conversion does of a graph that it does not understand.
        """
        # Only here: importing it lengthens sys.path.
        from onnxruntime.transformers.float16 import (  # noqa: PLC0415
            DEFAULT_OP_BLOCK_LIST,
            convert_float_to_float16,
        )

        # The sum of a vector's squares can be more than a float16 holds.
        single = [*DEFAULT_OP_BLOCK_LIST, "LpNormalization"]
        model = onnx.load_model_from_string(self.data)
        half = convert_float_to_float16(model, keep_io_types=True, op_block_list=single)
        _end_in_single(half.graph)
        return Graph(bytes(half.SerializeToString()), "float16")


def _end_in_single(graph: onnx.GraphProto) -> None:
    """Outputs that are float32 stay it: the conversion has them go through float16 once more."""
    makers = {output: node for node in graph.node for output in node.output}
    for output in graph.output:
        last = makers[output.name]
        before = makers.get(last.input[0])
        if before is not None and last.op_type == before.op_type == "Cast":
            last.input[0] = before.input[0]
