"""/metrics in Prometheus' text format, for any service."""

import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from libs.common.runtime.service import Health, Work

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES = ("starting", "ready", "waiting", "stopped")

Scrape = Callable[[], Iterable[Metric]]
"""Makes the metrics as of now."""


def exposition(metrics: Iterable[Metric]) -> bytes:
    """The metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now(list(metrics)))
    return generate_latest(registry)


def metrics_route(scrape: Scrape) -> Route:
    """/metrics, made at each request, in a thread: the process's own need files of /proc."""

    async def scraped(_request: Request) -> Response:
        return Response(await run_in_threadpool(lambda: exposition(scrape())), media_type=MEDIA_TYPE)

    return Route("/metrics", scraped)


def health_metrics(health: Health) -> list[Metric]:
    """The state of a stage, and what its runner has done since the start."""
    state = GaugeMetricFamily("sluice_stage_state", "1 for the state that the stage is in.", labels=["state"])
    for name in STATES:
        state.add_metric([name], float(health.state == name))
    silent = GaugeMetricFamily(
        "sluice_stage_poll_age_seconds",
        "Since the stage last asked for work.",
        value=time.monotonic() - health.alive_at,
    )
    records = CounterMetricFamily(
        "sluice_stage_records", "Records processed and committed since the start.", value=health.records
    )
    return [state, silent, records, *_work_metrics(health.work())]


def _work_metrics(work: Work) -> list[Metric]:
    """What the stage works on; the age is 0 while no file takes long."""
    oldest = time.monotonic() - work.oldest[0].since if work.oldest else 0.0
    return [
        GaugeMetricFamily("sluice_stage_held_records", "Records taken and not finished.", value=work.held),
        GaugeMetricFamily(
            "sluice_stage_oldest_file_seconds", "How long the oldest file has been worked on.", value=oldest
        ),
    ]


def process_metrics() -> list[Metric]:
    """Memory, CPU time, open files and start time of this process; empty where the system has no /proc."""
    return list(ProcessCollector(registry=None).collect())


class _Now(Collector):
    """Metrics that were just made."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
