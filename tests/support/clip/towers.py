"""A pair of towers shaped as CLIP's, small enough to be computed by hand."""

from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE, PATCH, WIDTH, DIMENSION = 32, 8, 12, 16
LENGTH, VOCABULARY = 77, 49408
MEAN, STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)

Floats = NDArray[np.float32]


def _random(*shape: int) -> Floats:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@dataclass(frozen=True)
class Towers:
    """The weights; each tower as ONNX, and as a plain computation."""

    patches: Floats = field(default_factory=lambda: _random(WIDTH, 3, PATCH, PATCH))
    projection: Floats = field(default_factory=lambda: _random(WIDTH, DIMENSION))
    tokens: Floats = field(default_factory=lambda: _random(VOCABULARY, WIDTH))
    words: Floats = field(default_factory=lambda: _random(WIDTH + 1, DIMENSION)[1:])

    def visual(self) -> onnx.ModelProto:
        """Patches by a strided convolution, their mean over a non-linearity, a projection. Not normalised."""
        nodes = [
            helper.make_node("Conv", ["image", "patches"], ["found"], strides=[PATCH, PATCH]),
            helper.make_node("Relu", ["found"], ["active"]),
            helper.make_node("GlobalAveragePool", ["active"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["features"]),
            helper.make_node("MatMul", ["features", "projection"], ["embedding"]),
        ]
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
        return _model(nodes, [image], {"patches": self.patches, "projection": self.projection})

    def textual(self, kind: int = TensorProto.INT32) -> onnx.ModelProto:
        """The token with the highest number (CLIP's end of text) decides where the text is read."""
        nodes = [
            helper.make_node("Gather", ["tokens", "text"], ["embedded"]),
            helper.make_node("CumSum", ["embedded", "one"], ["summed"]),
            helper.make_node("ArgMax", ["text"], ["end"], axis=1, keepdims=1),
            helper.make_node("GatherND", ["summed", "end"], ["read"], batch_dims=1),
            helper.make_node("MatMul", ["read", "words"], ["embedding"]),
        ]
        text = helper.make_tensor_value_info("text", kind, ["batch", LENGTH])
        return _model(nodes, [text], {"tokens": self.tokens, "words": self.words, "one": np.array(1)})

    def image_vector(self, pixels: NDArray[np.uint8]) -> Floats:
        """What the picture tower must give for SIDE x SIDE x RGB, normalised."""
        scaled = (pixels.astype(np.float64) / 255 - MEAN) / STD
        blocks = scaled.reshape(SIDE // PATCH, PATCH, SIDE // PATCH, PATCH, 3)
        found = np.einsum("yaxbc,wcab->yxw", blocks, self.patches.astype(np.float64))
        return _unit(np.maximum(found, 0).mean(axis=(0, 1)) @ self.projection)

    def text_vector(self, tokens: list[int]) -> Floats:
        """What the text tower must give for these tokens, start and end included, normalised."""
        return _unit(self.tokens[tokens].astype(np.float64).sum(axis=0) @ self.words)


def _unit(vector: NDArray[np.float64]) -> Floats:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _model(
    nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto], constants: dict[str, NDArray[np.generic]]
) -> onnx.ModelProto:
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIMENSION])
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tower", inputs, [output], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
