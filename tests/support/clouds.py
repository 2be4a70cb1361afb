"""Emulators of Google Cloud Storage and Azure Blob Storage, where they are installed: `go install
github.com/fsouza/fake-gcs-server@latest`, `npm install -g azurite`.
"""

import base64
import hashlib
import hmac
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from obstore.store import AzureStore

from tests.support.s3 import free_port

GOOGLE, AZURE = "fake-gcs-server", "azurite-blob"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's own, which are public."""
READY_SECONDS = 120
_VERSION = "2021-12-02"


@contextmanager
def google(objects: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    """While the block lasts, a bucket `photos` of these objects; the environment that leads to it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory")
    with _running(
        (GOOGLE, *arguments, "-external-url", url, "-public-host", url[7:]), f"{url}/storage/v1/b?project=p"
    ):
        httpx.post(f"{url}/storage/v1/b?project=p", json={"name": "photos"}).raise_for_status()
        for key, data in objects.items():
            named = {"uploadType": "media", "name": key}
            put = f"{url}/upload/storage/v1/b/photos/o"
            httpx.post(put, params=named, content=data).raise_for_status()
        yield {"GOOGLE_BASE_URL": url, "GOOGLE_SKIP_SIGNATURE": "true"}


@contextmanager
def azure(objects: Mapping[str, bytes], folder: Path) -> Iterator[dict[str, str]]:
    """While the block lasts, a container `photos` of these objects; the environment that leads to it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/{ACCOUNT}"
    arguments = ("--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence")
    with _running((AZURE, *arguments, "--blobPort", str(port)), url, folder):
        httpx.put(f"{url}/photos?restype=container", headers=_signed()).raise_for_status()
        store = AzureStore(
            "photos", account_name=ACCOUNT, account_key=KEY, endpoint=url, client_options={"allow_http": True}
        )
        for key, data in objects.items():
            store.put(key, data)
        yield {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "AZURE_STORAGE_ENDPOINT": url,
        }


def _signed() -> dict[str, str]:
    """The headers of the call that makes the container, which obstore has none for."""
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = f"x-ms-date:{now}\nx-ms-version:{_VERSION}\n"
    text = "PUT" + "\n" * 12 + headers + f"/{ACCOUNT}/{ACCOUNT}/photos\nrestype:container"
    digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    return {"x-ms-date": now, "x-ms-version": _VERSION, "Authorization": f"SharedKey {ACCOUNT}:{signature}"}


@contextmanager
def _running(command: Sequence[str], url: str, folder: Path | None = None) -> Iterator[None]:
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(process, url)
            yield
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Until it answers anything at all."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} does not answer")
