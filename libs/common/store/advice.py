"""When a collection has outgrown the embedded store."""

SERVER_FROM = 200_000
"""Points of a collection from which a server is recommended."""
_MS_PER_100_000 = 20
"""Of CPU for one search by a vector of 512 numbers among as many points."""


def server_advice(collection: str, points: int) -> str | None:
    """Why a Qdrant server would do better for this many points, with the figures; None where it would not."""
    if points < SERVER_FROM:
        return None
    search_ms = points * _MS_PER_100_000 // 100_000
    return (
        f"collection {collection} has {points:,} points: the embedded store compares each search with all of "
        f"them (about {search_ms} ms of CPU) and answers no other call meanwhile, nor while it compacts; "
        f"from {SERVER_FROM:,} points on set QDRANT_HOST to a Qdrant server"
    )
