"""Which scope each call needs. What is not named here needs `admin`, unless it only reads: then `read`."""

import re
from collections.abc import Sequence

from services.gateway.api.keys import Scope

_READS = frozenset(("GET", "HEAD", "OPTIONS"))
_NEEDED: Sequence[tuple[Scope, str]] = (
    ("ingest", r"GET /folders"),
    ("read", r"POST /search(/image)?"),
    ("read", r"POST /umap/projection_with_clustering"),
    ("ingest", r"POST /umap/cluster_label"),
    ("ingest", r"POST /ingest/?"),
    ("ingest", r"POST /ingest/(scan|upload)"),
    ("ingest", r"POST /ingest/jobs/[^/]+/(pause|resume|cancel|retry)"),
    ("ingest", r"POST /collections(/select|/cache/clear|/from_selection)?"),
    ("ingest", r"POST /duplicates/find-similar"),
    ("ingest", r"POST /tasks/[^/]+/cancel"),
    ("ingest", r"POST /libraries/[^/]+/scan"),
    ("move", r"POST /libraries"),
    ("move", r"(PATCH|DELETE) /libraries/[^/]+"),
    ("move", r"POST /ingest/archive_duplicates/[^/]+"),
    ("move", r"POST /ingest/jobs/[^/]+/prune(/undo)?"),
    ("move", r"POST /duplicates/(archive-exact|decisions)"),
    ("move", r"POST /duplicates/report/[^/]+/archive"),
    ("move", r"DELETE /duplicates/decisions(/[^/]+)?"),
    ("move", r"POST /curation/archive-selection"),
    ("move", r"POST /archives/[^/]+/restore"),
    ("admin", r"GET /dead-letters"),
    ("admin", r"POST /collections/merge"),
    ("admin", r"POST /collections/[^/]+/model(/[^/]+/switch)?"),
    ("admin", r"DELETE /collections/[^/]+(/model/[^/]+)?"),
)
_PATTERNS = [(scope, re.compile(pattern)) for scope, pattern in _NEEDED]
PREFIX = "/api/v1"


def scope_of(method: str, path: str) -> Scope:
    """The scope that a call needs."""
    return named_scope(method, path) or ("read" if method in _READS else "admin")


def named_scope(method: str, path: str) -> Scope | None:
    """The scope that the table names for a call, if it does."""
    call = f"{method} {path.removeprefix(PREFIX)}"
    return next((scope for scope, pattern in _PATTERNS if pattern.fullmatch(call)), None)
