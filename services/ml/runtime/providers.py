"""What ONNX Runtime may compute on, and how each is told to compute in half precision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import onnxruntime as ort

from libs.common.errors import Code, SluiceError
from services.ml.runtime.choices import DeviceChoice, PrecisionChoice


@dataclass(frozen=True, slots=True)
class Provider:
    """One of ONNX Runtime's execution providers. `choice` is what ML_DEVICE calls it."""

    name: str
    choice: str
    device: str
    """The device that it is for people, in capabilities."""
    by_request: bool = False
    """Used only where ML_DEVICE names it."""
    half: Literal["never", "graph", "options"] = "never"
    """How it computes in half precision: from another graph or by its options; never: nothing is gained."""
    options: Mapping[str, str] = field(default_factory=dict)
    half_options: Mapping[str, str] = field(default_factory=dict)
    arenas: str = "cpu:0"
    """The memory that large batches leave behind, as ONNX Runtime names it."""


CPU = Provider("CPUExecutionProvider", "cpu", "cpu")
_GPU = {"device_type": "GPU"}

PROVIDERS = (
    Provider(
        "TensorrtExecutionProvider",
        "tensorrt",
        "cuda",
        by_request=True,  # It compiles each model for minutes.
        half="options",
        half_options={"trt_fp16_enable": "True"},
        arenas="cpu:0;gpu:0",
    ),
    Provider("CUDAExecutionProvider", "cuda", "cuda", half="graph", arenas="cpu:0;gpu:0"),
    Provider("MIGraphXExecutionProvider", "rocm", "rocm", half="graph"),
    Provider("ROCMExecutionProvider", "rocm", "rocm", half="graph"),
    Provider("OpenVINOExecutionProvider", "openvino", "openvino"),
    Provider(
        "OpenVINOExecutionProvider",
        "openvino-gpu",
        "openvino",
        by_request=True,
        half="options",
        options=_GPU | {"precision": "FP32"},
        half_options=_GPU | {"precision": "FP16"},
    ),
    Provider("CoreMLExecutionProvider", "coreml", "coreml", half="graph"),
    CPU,
)
"""By preference."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where models are computed and in which precision; `cache` keeps what TensorRT compiles."""

    provider: Provider = CPU
    precision: PrecisionChoice = "auto"
    cache: Path | None = None

    @classmethod
    def of(cls, device: DeviceChoice, precision: PrecisionChoice, cache: Path | None = None) -> "Runtime":
        """On that device; "auto": on the best that is here. SluiceError model_unavailable if it is not."""
        return cls(_provider(device), precision, cache)

    @property
    def tries_half(self) -> bool:
        """Whether half precision is worth a measurement."""
        return self.precision == "float16" or (self.precision == "auto" and self.provider.half != "never")

    def providers(self, *, half: bool) -> list[tuple[str, dict[str, str]]]:
        """What ONNX Runtime is given, and what each is told: what TensorRT does not know CUDA computes."""
        cuda: dict[str, dict[str, str]] = (
            {"CUDAExecutionProvider": {}} if self.provider.choice == "tensorrt" else {}
        )
        return list({self.provider.name: self._options(half=half), **cuda, CPU.name: {}}.items())

    def _options(self, *, half: bool) -> dict[str, str]:
        told = {**self.provider.options, **(self.provider.half_options if half else {})}
        if self.cache is not None and self.provider.choice == "tensorrt":
            told |= {"trt_engine_cache_enable": "True", "trt_engine_cache_path": str(self.cache)}
        return told


def _provider(device: DeviceChoice) -> Provider:
    found = ort.get_available_providers()
    here = [each for each in PROVIDERS if each.name in found]
    if device == "auto":
        return next(each for each in here if not each.by_request)
    if chosen := [each for each in here if each.choice == device]:
        return chosen[0]
    names = ", ".join(dict.fromkeys(each.choice for each in here))
    detail = f"the ONNX Runtime that is installed has no ML_DEVICE {device}; it has {names}"
    raise SluiceError(Code.MODEL_UNAVAILABLE, detail)
