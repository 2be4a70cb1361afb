"""Tracing by OpenTelemetry's SDK, which is loaded only where something is traced (extra `tracing`)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from libs.common.errors import Code, SluiceError
from libs.common.runtime.service import Health
from libs.common.settings import StageSettings
from libs.common.tracing.spans import HEADER, OFF

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span as OtelSpan

FLUSH_MS = 5000
"""How long a stop waits for the last spans to be taken."""


@asynccontextmanager
async def traced(settings: StageSettings, health: Health) -> AsyncIterator[None]:
    """Trace as the settings say while the block runs; what is left is exported at its end.

    Raises SluiceError bad_setting where the packages are missing.
    """
    if not settings.trace_ratio:
        yield
        return
    tracing = _opened(settings, health.stage or "sluice")
    health.tracing = tracing
    try:
        yield
    finally:
        health.tracing = OFF
        await asyncio.to_thread(tracing.close)


class OtelTracing:
    """Spans of one stage, exported in the background, a share `ratio` of all files."""

    on = True

    def __init__(self, stage: str, instance: str, ratio: float, exporter: "SpanExporter") -> None:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415

        names = {"service.name": f"sluice-{stage}", "service.instance.id": instance}
        self._provider = TracerProvider(resource=Resource.create(names), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("sluice")
        self._format = tracecontext.TraceContextTextMapPropagator()
        self._ratio = ratio

    def takes(self, file_id: str) -> bool:
        """By its id, which is as good as random."""
        return int(file_id[:8], 16) < self._ratio * 2**32

    def begin(self, name: str, parent: str, attributes: Mapping[str, str]) -> "OtelRunning | None":
        """See Tracing. A parent that says that it is not sampled has no children here."""
        from opentelemetry import trace  # noqa: PLC0415

        context = self._format.extract({HEADER: parent}) if parent else None
        above = trace.get_current_span(context).get_span_context()
        if above.is_valid and not above.trace_flags.sampled:
            return None
        return OtelRunning(self._tracer.start_span(name, context, attributes=dict(attributes)))

    def close(self) -> None:
        """Export what is left, within FLUSH_MS; blocks."""
        self._provider.force_flush(FLUSH_MS)
        self._provider.shutdown()


class OtelRunning:
    """A span under way."""

    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    @property
    def context(self) -> str:
        """As its children's header has it."""
        of = self._span.get_span_context()
        return f"00-{of.trace_id:032x}-{of.span_id:016x}-{of.trace_flags:02x}"

    def end(self) -> None:
        """It has ended now."""
        self._span.end()


def _opened(settings: StageSettings, stage: str) -> OtelTracing:
    try:
        return OtelTracing(stage, settings.instance, settings.trace_ratio, _exporter(settings.trace_file))
    except ImportError as error:
        detail = f"TRACE_RATIO needs OpenTelemetry: pip install 'sluice-services[tracing]' ({error})"
        raise SluiceError(Code.BAD_SETTING, detail) from error


def _exporter(file: Path | None) -> "SpanExporter":
    if file is not None:
        from libs.common.tracing.lines import LineExporter  # noqa: PLC0415

        return LineExporter(file)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter()
