"""Reading the text in pictures, with rapidocr, which brings its models in its package."""

import asyncio
import importlib
import importlib.util
from importlib.metadata import version
from typing import Any, Protocol

from libs.common.errors import Code, FileError, SluiceError

LONGEST_TEXT = 4000
"""Characters that are kept: a page of a book has 2,000."""
LEAST_CONFIDENCE = 0.6


class TextReader(Protocol):
    """Reads one picture after another."""

    model: str

    async def read(self, jpeg: bytes) -> str:
        """The words in the picture in reading order; empty where there are none. FileError text_failed."""


class RapidOcrReader:
    """The models are loaded with the first picture; one picture at a time, off the event loop."""

    def __init__(self) -> None:
        """SluiceError bad_setting where rapidocr is not installed."""
        if importlib.util.find_spec("rapidocr") is None:
            raise SluiceError(
                Code.BAD_SETTING, "TEXT_MODEL=rapidocr needs the package rapidocr (install sluice[text])"
            )
        self.model = f"rapidocr-{version('rapidocr')}"
        self._engine: Any = None
        self._turn = asyncio.Lock()

    async def read(self, jpeg: bytes) -> str:
        """See TextReader."""
        async with self._turn:
            return await asyncio.to_thread(self._read, jpeg)

    def _read(self, jpeg: bytes) -> str:
        try:
            found = self._loaded()(jpeg)
        except Exception as error:  # the package raises bare errors of OpenCV and of its runtime
            raise FileError(
                Code.TEXT_FAILED, f"the text reader failed on this picture: {error}"[:300]
            ) from error
        lines = zip(found.txts or (), found.scores or (), strict=True)
        text = " ".join(line.strip() for line, score in lines if score >= LEAST_CONFIDENCE)
        return text[:LONGEST_TEXT]

    def _loaded(self) -> Any:
        if self._engine is None:
            # Half a second, and hundreds of megabytes: only where texts are wanted.
            rapidocr = importlib.import_module("rapidocr")
            self._engine = rapidocr.RapidOCR(params={"Global.log_level": "error"})
        return self._engine
