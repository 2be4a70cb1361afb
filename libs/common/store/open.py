"""Opening the store that the settings name."""

from libs.common.settings import StoreSettings
from libs.common.store.server.store import ServerStore, Spread


def open_server_store(settings: StoreSettings) -> ServerStore:
    """The Qdrant server of the settings; it is first asked when the store is first used."""
    key = settings.qdrant_api_key
    return ServerStore(
        settings.qdrant_host,
        settings.qdrant_port,
        api_key=key.get_secret_value() if key else None,
        https=settings.qdrant_https,
        timeout_seconds=settings.qdrant_timeout_seconds,
        spread=Spread(settings.qdrant_shards, settings.qdrant_replication),
    )
