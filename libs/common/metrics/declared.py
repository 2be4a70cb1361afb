"""Every metric, declared once: what /metrics shows, the dashboard draws and the manual lists.

Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` for what only grows.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
Of = Literal["stage", "gateway", "ml"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
RECORDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0)


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric; `of` is who has it, `buckets` the upper bounds of a histogram's buckets."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    of: Of = "stage"
    buckets: tuple[float, ...] = ()


STATE = Declared("sluice_stage_state", "gauge", "1 for the state that the stage is in.", ("state",))
POLL_AGE = Declared("sluice_stage_poll_age_seconds", "gauge", "Since the stage last asked for work.")
DONE = Declared("sluice_stage_records_total", "counter", "Records processed and committed since the start.")
HELD = Declared("sluice_stage_held_records", "gauge", "Records taken and not finished.")
OLDEST = Declared("sluice_stage_oldest_file_seconds", "gauge", "How long the oldest file has been worked on.")
BEHIND = Declared(
    "sluice_stage_lag_records", "gauge", "Records of its own partitions that it has yet to take."
)
PARTITIONS = Declared("sluice_stage_partitions", "gauge", "Partitions that it holds.")
OUTCOMES = Declared(
    "sluice_stage_outcomes_total", "counter", "Outcomes that it reported, by code.", ("outcome", "code")
)
PUBLISHED = Declared(
    "sluice_stage_published_records_total", "counter", "Records acknowledged by the brokers.", ("topic",)
)
PUBLISHED_BYTES = Declared(
    "sluice_stage_published_bytes_total", "counter", "Bytes of those records, uncompressed.", ("topic",)
)
TAKEN_BYTES = Declared("sluice_stage_taken_bytes_total", "counter", "Bytes of records taken, uncompressed.")
FILE_BYTES = Declared("sluice_stage_file_bytes_total", "counter", "Bytes of the files that it looked at.")
STEP = Declared(
    "sluice_stage_step_seconds",
    "histogram",
    "How long a step took, for what goes through it at once: a batch, a request, or the files of one trip to "
    "a decoder process (one that is decoded, up to 32 that the cache knows).",
    ("step",),
    buckets=SECONDS,
)
BATCH = Declared(
    "sluice_stage_batch_records", "histogram", "Records that were worked on together.", buckets=RECORDS
)
RETRIES = Declared(
    "sluice_stage_retries_total",
    "counter",
    "Failed tries at what it needs, each of which is repeated.",
    ("dependency",),
)
REBALANCES = Declared("sluice_stage_rebalances_total", "counter", "How often its group gave it partitions.")
DECODERS_ENDED = Declared(
    "sluice_stage_decoders_ended_total",
    "counter",
    "Decoder processes that were ended at their limit, or crashed, each over one file.",
    ("reason",),
)
CACHE = Declared(
    "sluice_stage_cache_lookups_total", "counter", "Contents looked up in the cache.", ("result",)
)
STORE_SECONDS = Declared(
    "sluice_store_request_seconds", "histogram", "Requests to the store.", ("call",), buckets=SECONDS
)
STORE_ERRORS = Declared(
    "sluice_store_errors_total", "counter", "Requests to the store that failed.", ("call", "code")
)
MODEL_SECONDS = Declared(
    "sluice_model_request_seconds", "histogram", "Requests to the ML service.", buckets=SECONDS
)
MODEL_IMAGES = Declared("sluice_model_images_total", "counter", "Images sent to the ML service.")
MODEL_ERRORS = Declared(
    "sluice_model_errors_total", "counter", "Requests to the ML service that gave no result.", ("reply",)
)

COMPUTE_SECONDS = Declared(
    "sluice_ml_compute_seconds", "histogram", "Batches on the device.", of="ml", buckets=SECONDS
)
COMPUTE_IMAGES = Declared(
    "sluice_ml_batch_images", "histogram", "Images that were computed together.", of="ml", buckets=RECORDS
)

HTTP_SECONDS = Declared(
    "sluice_http_request_seconds",
    "histogram",
    "From a request to the beginning of its answer.",
    ("method", "status"),
    of="gateway",
    buckets=SECONDS,
)
JOBS = Declared("sluice_jobs", "gauge", "Jobs by state.", ("state",), of="gateway")
FILES = Declared(
    "sluice_files_total",
    "counter",
    "Files by outcome, of all jobs that this replica has seen.",
    ("outcome",),
    of="gateway",
)
WAITING = Declared(
    "sluice_files_waiting", "gauge", "Files without an outcome, of running jobs.", of="gateway"
)
LABELLED_JOBS = Declared(
    "sluice_labelled_jobs",
    "gauge",
    "Jobs by the labels that METRIC_LABELS names, as long as they are kept.",
    ("label", "value", "state"),
    of="gateway",
)
LABELLED_FILES = Declared(
    "sluice_labelled_files",
    "gauge",
    "Files of those jobs by outcome.",
    ("label", "value", "outcome"),
    of="gateway",
)
INSTANCES = Declared(
    "sluice_instances", "gauge", "Instances by stage and state.", ("stage", "state"), of="gateway"
)
LAG = Declared(
    "sluice_lag_records", "gauge", "Records that a stage has yet to take.", ("stage",), of="gateway"
)

ALL: tuple[Declared, ...] = (
    *(STATE, POLL_AGE, DONE, HELD, OLDEST, BEHIND, PARTITIONS),
    *(OUTCOMES, PUBLISHED, PUBLISHED_BYTES, TAKEN_BYTES, FILE_BYTES),
    *(STEP, BATCH, RETRIES, REBALANCES, DECODERS_ENDED, CACHE),
    *(STORE_SECONDS, STORE_ERRORS, MODEL_SECONDS, MODEL_IMAGES, MODEL_ERRORS),
    *(COMPUTE_SECONDS, COMPUTE_IMAGES),
    *(HTTP_SECONDS, JOBS, FILES, WAITING, LABELLED_JOBS, LABELLED_FILES, INSTANCES, LAG),
)
