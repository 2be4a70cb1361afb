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

from libs.common.metrics import declared
from libs.common.metrics.declared import Declared
from libs.common.runtime.service import Health

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES = ("starting", "ready", "waiting", "stopped")

Scrape = Callable[[], Iterable[Metric]]
"""Makes the metrics as of now."""


def exposition(metrics: Iterable[Metric]) -> bytes:
    """The metrics in Prometheus' text format; those of one name, of several stages, as one."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now(_merged(metrics)))
    return generate_latest(registry)


def metrics_route(scrape: Scrape) -> Route:
    """/metrics, made at each request, in a thread: the process's own need files of /proc."""

    async def scraped(_request: Request) -> Response:
        return Response(await run_in_threadpool(lambda: exposition(scrape())), media_type=MEDIA_TYPE)

    return Route("/metrics", scraped)


def gauge(metric: Declared) -> GaugeMetricFamily:
    """The metric without a value yet."""
    return GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)


def counter(metric: Declared) -> CounterMetricFamily:
    """The metric without a value yet."""
    return CounterMetricFamily(metric.name, metric.help, labels=metric.labels)


def health_metrics(health: Health) -> list[Metric]:
    """The state of a stage, and what it has done since the start, with its name as the label `stage`."""
    made = [_state(health), *_work(health), *health.instruments.collect()]
    return [_of_stage(metric, health.stage) for metric in made]


def process_metrics() -> list[Metric]:
    """Memory, CPU time, open files and start time of this process; empty where the system has no /proc."""
    return list(ProcessCollector(registry=None).collect())


def _state(health: Health) -> Metric:
    family = gauge(declared.STATE)
    for name in STATES:
        family.add_metric([name], float(health.state == name))
    return family


def _work(health: Health) -> list[Metric]:
    """What the stage works on; the age is 0 while no file takes long."""
    work, now = health.work(), time.monotonic()
    values = {
        declared.POLL_AGE: now - health.alive_at,
        declared.HELD: work.held,
        declared.OLDEST: now - work.oldest[0].since if work.oldest else 0.0,
        declared.BEHIND: work.behind,
        declared.PARTITIONS: work.partitions,
    }
    done = counter(declared.DONE)
    done.add_metric([], health.records)
    made: list[Metric] = [done]
    for metric, value in values.items():
        family = gauge(metric)
        family.add_metric([], value)
        made.append(family)
    return made


def _of_stage(metric: Metric, stage: str | None) -> Metric:
    """The metric with the stage as a label, and without the times at which its counters were made."""
    of = {} if stage is None else {"stage": stage}
    samples = (each for each in metric.samples if not each.name.endswith("_created"))
    metric.samples = [each._replace(labels=of | each.labels) for each in samples]
    return metric


def _merged(metrics: Iterable[Metric]) -> list[Metric]:
    found: dict[str, Metric] = {}
    for metric in metrics:
        known = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
        known.samples = [*known.samples, *metric.samples]
    return list(found.values())


class _Now(Collector):
    """Metrics that were just made."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
