"""What ML_DEVICE and ML_PRECISION may say."""

from typing import Literal

DeviceChoice = Literal["auto", "tensorrt", "cuda", "rocm", "openvino", "openvino-gpu", "coreml", "cpu"]
PrecisionChoice = Literal["auto", "float32", "float16"]
