"""What KEDA would decide over a job: `python -m scripts.simulate_scaling [FILES or RECORDING.csv]`.

The rules are those of overlays/production/keda.yaml, applied as the HorizontalPodAutoscaler applies them
(https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/): one recommendation every 15 s,
a tolerance of a tenth, stabilisation windows, and at most what the policies allow in their period. The stages
are queues with the rates below, behind the scanner's window of what is under way; a replica works READY_S
after it is asked for, and each change of a group stops it for REBALANCE_S. Over a recording
(`python -m tests.chaos.lags`) the lags are those of a real job with one replica of each stage, which more
replicas would have shortened.
"""

import csv
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import yaml

from services.scanner import window

FILE = Path(__file__).resolve().parent.parent / "deploy/kubernetes/overlays/production/keda.yaml"
SYNC_S, READY_S, REBALANCE_S, TOLERANCE = 15, 25, 5, 0.1
STEPS = 4
"""Steps of a second: a file passes a stage in one, far under the time that the window looks back."""
RATES = {"processor": 60.0, "inferencer": 22.0, "upserter": 1500.0}
"""Files a second of one replica: two cores at 33 ms a photo of 12 MP, a model of 45 ms a picture; a guess."""
INPUTS = {"processor": ("paths",), "inferencer": ("images",), "upserter": ("points", "ml-results")}
TAIL_S = 1800
"""How long after the job the scalers are watched."""


@dataclass
class Scaler:
    """One ScaledObject, its recommendations and its changes, by second."""

    spec: Mapping[str, Any]
    replicas: int = 1
    recommended: list[tuple[int, int]] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)

    def decide(self, now: int, lags: Mapping[str, float]) -> None:
        """A sync of the autoscaler."""
        self.recommended.append((now, self._wanted(lags)))
        behaviour = self.spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        up, down = behaviour["scaleUp"], behaviour["scaleDown"]
        most = min(self._since(now, up["stabilizationWindowSeconds"]))
        least = max(self._since(now, down["stabilizationWindowSeconds"]))
        if most > self.replicas:
            self._change(now, min(most, self._allowed(now, up["policies"], 1)))
        elif least < self.replicas:
            self._change(now, max(least, self._allowed(now, down["policies"], -1)))

    def ready(self, now: int) -> int:
        """How many replicas work; none while partitions move."""
        if self.changes and now - self.changes[-1][0] < REBALANCE_S:
            return 0
        before = [count for at, count in self.changes if now - at >= READY_S]
        return min(self.replicas, before[-1] if before else 1)

    def _wanted(self, lags: Mapping[str, float]) -> int:
        found = [self.replicas * self._ratio(trigger["metadata"], lags) for trigger in self.spec["triggers"]]
        return max(
            int(self.spec["minReplicaCount"]), min(int(self.spec["maxReplicaCount"]), ceil(max(found)))
        )

    def _ratio(self, trigger: Mapping[str, str], lags: Mapping[str, float]) -> float:
        ratio = lags[trigger["topic"]] / (int(trigger["lagThreshold"]) * self.replicas)
        return 1.0 if abs(ratio - 1) <= TOLERANCE else ratio

    def _since(self, now: int, seconds: int) -> list[int]:
        return [wanted for at, wanted in self.recommended if now - at <= seconds]

    def _allowed(self, now: int, policies: list[Mapping[str, Any]], sign: int) -> int:
        """The most, or the fewest, replicas that the policies leave."""
        bounds = []
        for policy in policies:
            before = [count for at, count in self.changes if now - at > policy["periodSeconds"]]
            start = before[-1] if before else 1
            value = int(policy["value"])
            step = value if policy["type"] == "Pods" else ceil(start * value / 100)
            bounds.append(start + sign * step)
        return max(bounds) if sign > 0 else min(bounds)

    def _change(self, now: int, replicas: int) -> None:
        if replicas != self.replicas:
            self.replicas = replicas
            self.changes.append((now, replicas))


@dataclass
class Run:
    """A job as it went: by second, what waited for each stage; when it was done."""

    scalers: dict[str, Scaler]
    lags: list[dict[str, float]] = field(default_factory=list)
    done_at: int = 0


def scalers() -> dict[str, Scaler]:
    """Those of the file."""
    found = yaml.safe_load_all(FILE.read_text())
    return {each["metadata"]["name"]: Scaler(each["spec"]) for each in found}


def simulate(files: int, cached: float = 0.0) -> Run:
    """A job of so many files, of which a share is in the cache."""
    run = Run(scalers())
    waiting = dict.fromkeys(("paths", "images", "points", "ml-results"), 0.0)
    left, stored, second = float(files), 0.0, 0
    recent = deque[float](maxlen=int(window.HORIZON_S * STEPS))
    while stored < files - 0.5 or second < run.done_at + TAIL_S:
        for _ in range(STEPS):
            under_way = window.size(int(sum(recent)), window.LEAST_FLOOR, window.CEILING, 1)
            sent = min(left, max(0.0, under_way - sum(waiting.values())))
            left, waiting["paths"] = left - sent, waiting["paths"] + sent
            recent.append(_step(run, waiting, second, cached))
            stored += recent[-1]
        run.lags.append(dict(waiting))
        if second % SYNC_S == 0:
            for scaler in run.scalers.values():
                scaler.decide(second, waiting)
        second += 1
        run.done_at = run.done_at or (second if stored >= files - 0.5 else 0)
        if second > 10 * files:
            raise RuntimeError("the job does not end")
    return run


def _step(run: Run, waiting: dict[str, float], now: int, cached: float) -> float:
    """What the stages do in one step; how many files were stored."""
    done = {stage: _taken(run, stage, waiting, now) for stage in RATES}
    waiting["images"] += done["processor"] * (1 - cached)
    waiting["points"] += done["processor"] * cached
    waiting["ml-results"] += done["inferencer"]
    return done["upserter"]


def replay(recording: Path) -> Run:
    """What the scalers decide over lags that were recorded, and in the TAIL_S after them."""
    run = Run(scalers())
    with recording.open(newline="") as file:
        rows = {
            int(row.pop("second")): {topic: float(lag) for topic, lag in row.items()}
            for row in csv.DictReader(file)
        }
    run.done_at = max(rows)
    lags = rows[min(rows)]
    for second in range(run.done_at + TAIL_S):
        lags = rows.get(second, lags)
        run.lags.append(lags)
        if second % SYNC_S == 0:
            for scaler in run.scalers.values():
                scaler.decide(second, lags)
    return run


def _taken(run: Run, stage: str, waiting: dict[str, float], now: int) -> float:
    room, taken = RATES[stage] * run.scalers[stage].ready(now) / STEPS, 0.0
    for topic in INPUTS[stage]:
        took = min(room - taken, waiting[topic])
        waiting[topic] -= took
        taken += took
    return taken


def turns(scaler: Scaler) -> int:
    """How often it changed its mind: from more to fewer, or back."""
    counts = [1, *(count for _, count in scaler.changes)]
    signs = [1 if after > before else -1 for before, after in pairwise(counts)]
    return sum(one != other for one, other in pairwise(signs))


def main(of: str) -> None:
    """Print the replicas over time."""
    run = simulate(int(of)) if of.isdigit() else replay(Path(of))
    sys.stdout.write(f"{of}: done after {run.done_at} s\n")
    sys.stdout.write("second  waiting for processor inferencer upserter   replicas\n")
    changed = sorted({at for scaler in run.scalers.values() for at, _ in scaler.changes} | {0, run.done_at})
    for at in changed:
        lag = run.lags[min(at, len(run.lags) - 1)]
        counts = [_replicas(scaler, at) for scaler in run.scalers.values()]
        waits = [sum(lag[topic] for topic in INPUTS[stage]) for stage in RATES]
        shown = "".join(f"{wait:>10.0f}" for wait in waits)
        sys.stdout.write(f"{at:>6}{shown}   {counts}\n")
    for name, scaler in run.scalers.items():
        sys.stdout.write(f"{name}: {len(scaler.changes)} changes, {turns(scaler)} turns\n")


def _replicas(scaler: Scaler, at: int) -> int:
    return next((count for when, count in reversed(scaler.changes) if when <= at), 1)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "20000")
