"""EfficientNet-Lite0 as an ONNX graph: pixels in, a normalised embedding and class probabilities out.

The architecture is that of Tan and Le (2019) in its Lite form of 2020: no squeeze-and-excitation, ReLU6 in
place of swish. Batch normalisation is folded into the convolutions, padding is TensorFlow's "same".
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from services.ml.labels.weights import Tensor, Weights
from services.ml.runtime.graph import Graph

SIDE = 224
DIMENSION = 1280
CLASSES = 1000
PIXELS, EMBEDDING, PROBABILITIES = "pixels", "embedding", "probabilities"

_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Of the depthwise convolution of each block."""
_EPSILON = 1e-3
_OPSET = 17


def build(weights: Weights) -> Graph:
    """The model: `pixels` is uint8, N x SIDE x SIDE x RGB; `embedding` N x 1280, `probabilities` N x 1000."""
    graph = _Graph(weights)
    found = graph.scaled(PIXELS)
    found = graph.convolution(found, "_conv_stem", "_bn0", stride=2)
    for number, stride in enumerate(_STRIDES):
        found = graph.block(found, f"_blocks.{number}", stride)
    found = graph.convolution(found, "_conv_head", "_bn1")
    graph.head(found)
    return Graph.of(graph.model())


class _Graph:
    """The nodes so far. Each method adds some after the value that it is given, and names its result."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def scaled(self, pixels: str) -> str:
        """From bytes to about -1..1, channels first."""
        floats = self._add("Cast", [pixels], to=TensorProto.FLOAT)
        first = self._add("Transpose", [floats], perm=[0, 3, 1, 2])
        centred = self._add("Sub", [first, self._constant(np.float32(127))])
        return self._add("Div", [centred, self._constant(np.float32(128))])

    def block(self, value: str, name: str, stride: int) -> str:
        """An inverted bottleneck, with a shortcut where its input has the size of its output."""
        found = value
        if f"{name}._expand_conv.weight" in self._weights:
            found = self.convolution(found, f"{name}._expand_conv", f"{name}._bn0")
        found = self.convolution(
            found, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, depthwise=True
        )
        found = self.convolution(found, f"{name}._project_conv", f"{name}._bn2", active=False)
        return self._add("Add", [found, value]) if stride == 1 and self._keeps_width(name) else found

    def convolution(
        self,
        value: str,
        conv: str,
        norm: str,
        *,
        stride: int = 1,
        depthwise: bool = False,
        active: bool = True,
    ) -> str:
        """A convolution with its batch normalisation, and ReLU6 where `active`."""
        weight, bias = _folded(self._weights, conv, norm)
        found = self._add(
            "Conv",
            [value, self._constant(weight), self._constant(bias)],
            strides=[stride, stride],
            group=weight.shape[0] if depthwise else 1,
            auto_pad="SAME_UPPER",
        )
        if not active:
            return found
        return self._add("Clip", [found, self._constant(np.float32(0)), self._constant(np.float32(6))])

    def head(self, value: str) -> None:
        """The mean over the picture, normalised for searching, and classified."""
        pooled = self._add("GlobalAveragePool", [value])
        features = self._add("Flatten", [pooled], axis=1)
        self._add("LpNormalization", [features], output=EMBEDDING, axis=1, p=2)
        weight, bias = self._constant(self._weights["_fc.weight"]), self._constant(self._weights["_fc.bias"])
        logits = self._add("Gemm", [features, weight, bias], transB=1)
        self._add("Softmax", [logits], output=PROBABILITIES, axis=1)

    def model(self) -> onnx.ModelProto:
        """The whole, checked."""
        pixels = helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["n", SIDE, SIDE, 3])
        outputs = [
            helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["n", DIMENSION]),
            helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["n", CLASSES]),
        ]
        graph = helper.make_graph(self._nodes, "labels", [pixels], outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    def _keeps_width(self, name: str) -> bool:
        projected = self._weights[f"{name}._project_conv.weight"].shape[0]
        first = f"{name}._expand_conv.weight"
        taken = self._weights[first].shape[1] if first in self._weights else None
        return bool(projected == taken)

    def _constant(self, value: Tensor | np.float32) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _add(self, operator: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:
        output = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output


def _folded(weights: Weights, conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """The convolution's weights and bias that do what it and its batch normalisation did."""
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _EPSILON)
    weight = weights[f"{conv}.weight"] * scale[:, None, None, None]
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    return weight.astype(np.float32), bias.astype(np.float32)
