"""Spans as lines of JSON in a file, which several processes may write."""

from collections.abc import Sequence
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult


class LineExporter(SpanExporter):
    """Appends each batch of spans in one write."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write them; a failure loses this batch."""
        text = "".join(f"{span.to_json(indent=None)}\n" for span in spans)
        try:
            with self._file.open("a") as out:
                out.write(text)
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS
