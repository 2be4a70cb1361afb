"""A picture tower of the size and shape of CLIP's ViT-B/32, with random weights: it costs as much."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE, PATCH, WIDTH, HEADS, LAYERS, DIMENSION = 224, 32, 768, 12, 12, 512
TOKENS = (SIDE // PATCH) ** 2 + 1

Floats = NDArray[np.float32]


def save_vit(path: Path) -> None:
    """Write the model: `image`, N x 3 x 224 x 224 floats, to `embedding`, N x 512."""
    graph = _Graph()
    patches = graph.add("Conv", "image", graph.random(WIDTH, 3, PATCH, PATCH), strides=[PATCH, PATCH])
    flat = graph.add("Reshape", patches, graph.constant(np.array([0, WIDTH, -1])))
    tokens = graph.add("Transpose", flat, perm=[0, 2, 1])
    padded = graph.add("Pad", tokens, graph.constant(np.array([0, 1, 0, 0, 0, 0])))
    found = graph.norm(graph.add("Add", padded, graph.random(1, TOKENS, WIDTH)))
    for _ in range(LAYERS):
        found = graph.add("Add", found, graph.attention(graph.norm(found)))
        found = graph.add("Add", found, graph.perceptron(graph.norm(found)))
    first = graph.add("Gather", graph.norm(found), graph.constant(np.array(0)), axis=1)
    graph.add("MatMul", first, graph.random(WIDTH, DIMENSION), output="embedding")
    onnx.save(graph.model(), path)


class _Graph:
    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def random(self, *shape: int) -> str:
        scale = 0.02 if len(shape) > 1 else 0.0
        return self.constant((self._random.normal(size=shape) * scale).astype(np.float32))

    def constant(self, value: NDArray[Any]) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def norm(self, value: str) -> str:
        ones = self.constant(np.ones(WIDTH, np.float32))
        return self.add("LayerNormalization", value, ones, self.random(WIDTH), axis=-1)

    def linear(self, value: str, given: int, wanted: int) -> str:
        return self.add("Add", self.add("MatMul", value, self.random(given, wanted)), self.random(wanted))

    def attention(self, value: str) -> str:
        query, key, content = (self._heads(self.linear(value, WIDTH, WIDTH)) for _ in range(3))
        turned = self.add("Transpose", key, perm=[0, 1, 3, 2])
        scale = self.constant(np.array((WIDTH / HEADS) ** -0.5, np.float32))
        weights = self.add("Softmax", self.add("Mul", self.add("MatMul", query, turned), scale), axis=-1)
        mixed = self.add("Transpose", self.add("MatMul", weights, content), perm=[0, 2, 1, 3])
        joined = self.add("Reshape", mixed, self.constant(np.array([0, 0, WIDTH])))
        return self.linear(joined, WIDTH, WIDTH)

    def _heads(self, value: str) -> str:
        split = self.add("Reshape", value, self.constant(np.array([0, 0, HEADS, WIDTH // HEADS])))
        return self.add("Transpose", split, perm=[0, 2, 1, 3])

    def perceptron(self, value: str) -> str:
        wide = self.linear(value, WIDTH, 4 * WIDTH)
        steep = self.add("Sigmoid", self.add("Mul", wide, self.constant(np.array(1.702, np.float32))))
        return self.linear(self.add("Mul", wide, steep), 4 * WIDTH, WIDTH)

    def model(self) -> onnx.ModelProto:
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
        embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIMENSION])
        graph = helper.make_graph(self._nodes, "vit", [image], [embedding], self._constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
