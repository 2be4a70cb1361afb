"""The main path by the client of openapi-python-client: `python main.py GATEWAY FOLDER COLLECTION`."""

import sys

from made import Client
from made.api.collections import collections_create, collections_select
from made.api.duplicates import duplicates_exact
from made.api.ingestion import ingestion_start, ingestion_status
from made.api.search import search_by_text
from made.models import (
    Created,
    Creation,
    ExactPage,
    Hits,
    IngestRequest,
    Problem,
    SearchQuery,
    Selection,
    StatusOut,
    Submitted,
)


def main(gateway: str, folder: str, name: str) -> None:
    client = Client(gateway)
    assert isinstance(collections_create.sync(client=client, body=Creation(collection_name=name)), Created)
    refused = collections_create.sync(client=client, body=Creation(collection_name=name))
    assert isinstance(refused, Problem)
    collections_select.sync(client=client, body=Selection(collection_name=name))
    job = ingestion_start.sync(client=client, body=IngestRequest(directory_path=folder, collection=name))
    assert isinstance(job, Submitted)
    while True:
        status = ingestion_status.sync(job.job_id, client=client, wait=10)
        assert isinstance(status, StatusOut)
        if status.state in ("completed", "failed", "cancelled"):
            break
    hits = search_by_text.sync(client=client, body=SearchQuery(collection=name, query="red"))
    copies = duplicates_exact.sync(client=client)
    assert isinstance(hits, Hits)
    assert isinstance(copies, ExactPage)
    found = hits.results[0].payload["filename"]
    print(refused.code, status.state, status.counts.stored, found, len(copies.groups))


main(*sys.argv[1:])
