"""What Prometheus reads: the jobs of this replica's view, the stages by their heartbeats, their lag."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from libs.common.http.metrics import exposition, process_metrics
from services.gateway.system.models import ServiceOut
from services.gateway.view.totals import Totals


def text(jobs: Sequence[Totals], found: Iterable[ServiceOut], behind: Mapping[str, int]) -> bytes:
    """The metrics as of now, in Prometheus' text format."""
    shown = [_jobs(jobs), _files(jobs), _waiting(jobs), _up(found), _lag(behind)]
    return exposition([*shown, *process_metrics()])


def _jobs(jobs: Iterable[Totals]) -> Metric:
    family = GaugeMetricFamily("sluice_jobs", "Jobs by state.", labels=["state"])
    for one in jobs:
        family.add_metric([one.state], one.jobs)
    return family


def _files(jobs: Sequence[Totals]) -> Metric:
    family = CounterMetricFamily(
        "sluice_files", "Files by outcome, of all jobs that this replica has seen.", labels=["outcome"]
    )
    family.add_metric(["stored"], sum(one.stored for one in jobs))
    family.add_metric(["failed"], sum(one.failed for one in jobs))
    family.add_metric(["skipped"], sum(one.skipped for one in jobs))
    return family


def _waiting(jobs: Iterable[Totals]) -> Metric:
    waiting = sum(one.waiting for one in jobs)
    return GaugeMetricFamily(
        "sluice_files_waiting", "Files without an outcome, of running jobs.", value=waiting
    )


def _up(found: Iterable[ServiceOut]) -> Metric:
    family = GaugeMetricFamily("sluice_instances", "Instances by stage and state.", labels=["stage", "state"])
    for (stage, state), count in sorted(Counter((one.stage, one.state) for one in found).items()):
        family.add_metric([stage, state], count)
    return family


def _lag(behind: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(
        "sluice_lag_records", "Records that a stage has yet to take.", labels=["stage"]
    )
    for stage, records in sorted(behind.items()):
        family.add_metric([stage], records)
    return family
