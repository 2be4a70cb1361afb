"""Connections to buckets: one a bucket, kept for as long as its source is."""

import os
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from obstore.store import AzureStore, GCSStore, S3Store

from libs.common.sources.objects.aws_profile import profile
from libs.common.sources.remote import CONNECT_SECONDS, TRIES, Remote

Store: TypeAlias = S3Store | GCSStore | AzureStore

_FIRST_PAUSE = timedelta(milliseconds=200)
_LONGEST_PAUSE = timedelta(seconds=5)


class Stores:
    """The stores of buckets, for any thread. Credentials come from the environment, as each cloud's tools
    read them, and stay here.
    """

    def __init__(self, remote: Remote, environment: Mapping[str, str] = os.environ) -> None:
        self._remote = remote
        self._environment = environment
        self._stores: dict[tuple[str, str], Store] = {}
        self._turn = threading.Lock()

    def of(self, scheme: str, bucket: str) -> Store:
        """The bucket's store; what obstore raises where its settings make no sense."""
        with self._turn:
            if (scheme, bucket) not in self._stores:
                self._stores[scheme, bucket] = _MAKERS[scheme](self, bucket)
            return self._stores[scheme, bucket]

    def s3(self, bucket: str) -> Store:
        """A bucket of AWS, or of the endpoint."""
        environment, options = self._environment, dict[str, Any](profile(self._environment))
        endpoint = self._remote.s3_endpoint
        options |= {} if endpoint is None else {"endpoint": endpoint}
        named = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
        return S3Store(
            bucket,
            client_options=self._client(endpoint or named),
            retry_config=self._retries(),
            **options,
        )

    def gs(self, bucket: str) -> Store:
        """A bucket of Google Cloud Storage."""
        named = self._environment.get("GOOGLE_BASE_URL")
        options: dict[str, Any] = {} if named is None else {"base_url": named}
        return GCSStore(bucket, client_options=self._client(named), retry_config=self._retries(), **options)

    def az(self, container: str) -> Store:
        """A container of Azure Blob Storage, in the account that the environment names."""
        environment = self._environment
        named = environment.get("AZURE_STORAGE_ENDPOINT") or environment.get("AZURE_ENDPOINT")
        return AzureStore(container, client_options=self._client(named), retry_config=self._retries())

    def _client(self, endpoint: str | None = None) -> Any:
        seconds = self._remote.seconds
        return {
            "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, self._remote.silent_seconds)),
            "read_timeout": timedelta(seconds=self._remote.silent_seconds),
            "timeout": timedelta(seconds=seconds),
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
        }

    def _retries(self) -> Any:
        return {
            "max_retries": TRIES - 1,
            "retry_timeout": timedelta(seconds=self._remote.seconds / 2),
            "backoff": {"init_backoff": _FIRST_PAUSE, "max_backoff": _LONGEST_PAUSE, "base": 2},
        }


_MAKERS: Mapping[str, Callable[[Stores, str], Store]] = {"s3": Stores.s3, "gs": Stores.gs, "az": Stores.az}
