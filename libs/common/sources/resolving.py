"""What a request means by the place that it names."""

from libs.common.errors import Code, FileError, SluiceError
from libs.common.settings import FilesSettings
from libs.common.sources.manifests.manifest import is_manifest
from libs.common.sources.remote import Remote
from libs.common.sources.roots import Roots, resolve_path
from libs.common.sources.shards.names import is_shards, shards
from libs.common.sources.sources import Sources
from libs.common.sources.uris import plain, scheme_of, shown


def resolve_source(directory_path: str, settings: FilesSettings, *, sync: bool = False) -> bytes:
    """The existing folder, file, object or prefix of objects, as records carry it.

    Blocks on the file system or the network: call it in a thread. Raises SluiceError directory_not_found,
    outside_roots, source_denied, source_gone, read_failed, or invalid_request for a `sync` of a list.
    """
    path = plain(directory_path)
    listed = is_shards(path.encode(errors="surrogatepass"))
    root = _of_shards(path, settings) if listed else _of_one(path, settings)
    if sync and is_list(root):
        raise SluiceError(Code.INVALID_REQUEST, "a manifest or shard is not synced: leave out `sync`")
    return root


def is_list(root: bytes) -> bool:
    """Whether what is read below it is only what it lists: a manifest, or shards."""
    return is_manifest(root) or is_shards(root)


def _of_shards(path: str, settings: FilesSettings) -> bytes:
    """The pattern, in the folder of the first shard, which must be there."""
    named = next(shards(path.encode(errors="surrogatepass")), None)
    if named is None:
        raise SluiceError(Code.DIRECTORY_NOT_FOUND, f"{path} names no shard: write it as {{000..099}}")
    first = named.decode(errors="surrogatepass")
    found = _of_one(first, settings)
    if first == path:
        return found
    return found.rpartition(b"/")[0] + b"/" + path.rpartition("/")[2].encode(errors="surrogateescape")


def _of_one(path: str, settings: FilesSettings) -> bytes:
    scheme = scheme_of(path.encode(errors="surrogatepass"))
    if scheme is None:
        return bytes(resolve_path(path, settings))
    uri = (scheme + path[len(scheme) :].rstrip("/")).encode(errors="surrogatepass")
    try:
        Sources(Roots.of(settings), Remote.of(settings)).remote(scheme).require(uri)
    except FileError as error:
        raise _of_request(error, uri) from None
    return uri


def _of_request(error: FileError, uri: bytes) -> SluiceError:
    known = (Code.OUTSIDE_ROOTS, Code.SOURCE_DENIED, Code.SOURCE_GONE, Code.READ_FAILED)
    code = error.code if error.code in known else Code.DIRECTORY_NOT_FOUND
    return SluiceError(code, f"{shown(uri)}: {error.detail}", retryable=code is Code.READ_FAILED)
