"""From a text to the numbers that a text tower takes."""

import string
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Texts:
    """A folder's tokenizer; `canonical`: SigLIP's models were trained on lower case without punctuation."""

    def __init__(self, file: Path, *, length: int, pad_token: str, canonical: bool) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        pad = self._tokenizer.token_to_id(pad_token)
        self._tokenizer.enable_padding(length=length, pad_token=pad_token, pad_id=0 if pad is None else pad)
        self._tokenizer.enable_truncation(max_length=length)
        self._canonical = canonical

    def tokens(self, text: str) -> NDArray[np.int64]:
        """1 x length: the text's tokens, cut off or filled up; runs of white space count as one space."""
        return np.array([self._tokenizer.encode(self._clean(text)).ids], np.int64)

    def _clean(self, text: str) -> str:
        joined = " ".join(text.split())
        return " ".join(joined.translate(_PUNCTUATION).lower().split()) if self._canonical else joined
