"""Opening the store that the settings name."""

from typing import TYPE_CHECKING

from libs.common.settings import StoreSettings

if TYPE_CHECKING:
    from libs.common.store.server.store import ServerStore


def open_server_store(settings: StoreSettings) -> "ServerStore":
    """The Qdrant server of the settings; it is first asked when the store is first used."""
    # Where the store is embedded no process pays for the import of qdrant-client, a second and 37 MB.
    from libs.common.store.server.store import ServerStore, Spread  # noqa: PLC0415

    key = settings.qdrant_api_key
    return ServerStore(
        settings.qdrant_host,
        settings.qdrant_port,
        api_key=key.get_secret_value() if key else None,
        https=settings.qdrant_https,
        timeout_seconds=settings.qdrant_timeout_seconds,
        spread=Spread(settings.qdrant_shards, settings.qdrant_replication),
    )
