"""What Prometheus reads: the jobs of this replica's view, the stages by their heartbeats, their lag."""

from collections import Counter
from collections.abc import Iterable, Mapping

from prometheus_client.core import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from libs.common.http.metrics import exposition, process_metrics
from services.gateway.system.models import ServiceOut
from services.gateway.view.fold import Job


def text(jobs: Iterable[Job], found: Iterable[ServiceOut], behind: Mapping[str, int]) -> bytes:
    """The metrics as of now, in Prometheus' text format."""
    shown = [_jobs(jobs := list(jobs)), _files(jobs), _in_flight(jobs), _up(found), _lag(behind)]
    return exposition([*shown, *process_metrics()])


def _jobs(jobs: Iterable[Job]) -> Metric:
    family = GaugeMetricFamily("sluice_jobs", "Jobs by state.", labels=["state"])
    for state, count in sorted(Counter(job.state for job in jobs).items()):
        family.add_metric([state], count)
    return family


def _files(jobs: Iterable[Job]) -> Metric:
    family = CounterMetricFamily(
        "sluice_files", "Files by outcome, of all jobs that are known.", labels=["outcome"]
    )
    sums: Counter[str] = Counter(stored=0, failed=0, skipped=0)
    for job in jobs:
        sums.update(stored=job.stored, failed=job.failed, skipped=job.skipped)
    for outcome, count in sums.items():
        family.add_metric([outcome], count)
    return family


def _in_flight(jobs: Iterable[Job]) -> Metric:
    waiting = sum(job.total - job.done for job in jobs if not job.is_over)
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
