"""What Prometheus reads: the jobs of this replica's view, the stages by their heartbeats, their lag."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import Metric

from libs.common.http.metrics import counter, exposition, gauge, process_metrics
from libs.common.metrics import declared
from services.gateway.system.models import ServiceOut
from services.gateway.view.labelled import Labelled
from services.gateway.view.totals import Totals


def text(
    jobs: Sequence[Totals],
    found: Iterable[ServiceOut],
    behind: Mapping[str, int],
    own: Iterable[Metric] = (),
    labelled: Sequence[Labelled] = (),
) -> bytes:
    """The metrics as of now, with those of the process's `own` stages, in Prometheus' text format."""
    shown = [_jobs(jobs), _files(jobs), _waiting(jobs), _up(found), _lag(behind), *_by_label(labelled)]
    return exposition([*shown, *own, *process_metrics()])


def _jobs(jobs: Iterable[Totals]) -> Metric:
    family = gauge(declared.JOBS)
    for one in jobs:
        family.add_metric([one.state], one.jobs)
    return family


def _files(jobs: Sequence[Totals]) -> Metric:
    family = counter(declared.FILES)
    family.add_metric(["stored"], sum(one.stored for one in jobs))
    family.add_metric(["failed"], sum(one.failed for one in jobs))
    family.add_metric(["skipped"], sum(one.skipped for one in jobs))
    return family


def _waiting(jobs: Iterable[Totals]) -> Metric:
    family = gauge(declared.WAITING)
    family.add_metric([], sum(one.waiting for one in jobs))
    return family


def _by_label(labelled: Sequence[Labelled]) -> Sequence[Metric]:
    """Nothing where no labels are chosen."""
    jobs, files = gauge(declared.LABELLED_JOBS), gauge(declared.LABELLED_FILES)
    for one in labelled:
        for family, counts in ((jobs, one.jobs), (files, one.files)):
            for name, count in counts.items():
                family.add_metric([one.label, one.value, name], count)
    return (jobs, files) if labelled else ()


def _up(found: Iterable[ServiceOut]) -> Metric:
    family = gauge(declared.INSTANCES)
    for (stage, state), count in sorted(Counter((one.stage, one.state) for one in found).items()):
        family.add_metric([stage, state], count)
    return family


def _lag(behind: Mapping[str, int]) -> Metric:
    family = gauge(declared.LAG)
    for stage, records in sorted(behind.items()):
        family.add_metric([stage], records)
    return family
