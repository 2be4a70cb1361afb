"""What the errors of an object store mean.

Their own texts are never passed on: they have the addresses of requests, in which there may be a signature.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from libs.common.errors import Code, FileError

FAILURES = (BaseError, OSError, ValueError)
"""What calls of obstore raise."""

_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|The specified bucket does not exist")
_REFUSED = re.compile(
    r"InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|AuthorizationPermissionMismatch|"
    r"AuthenticationFailed|InvalidAuthenticationInfo|\b40[13] (Unauthorized|Forbidden)"
)
_ELSEWHERE = re.compile(r"PermanentRedirect|AuthorizationHeaderMalformed|Received redirect without LOCATION")
_NO_KEY = re.compile(
    r"169\.254\.169\.254|metadata\.google|Missing.*(account|credential)|MissingAccount|CredentialProvider|"
    r"service account file|CryptoProvider|Invalid Access ?Key",
    re.IGNORECASE,
)

_NAME_OR_ENDPOINT = "check its name, and the endpoint of the store"
_WAYS_OUT = {
    "s3": "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gs": "check GOOGLE_APPLICATION_CREDENTIALS",
    "az": "check AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}


def file_error(error: Exception, scheme: str, bucket: str) -> FileError:
    """The error as a file's outcome."""
    text = str(error)
    if _NO_BUCKET.search(text):
        return FileError(Code.SOURCE_GONE, f"There is no bucket {bucket}: {_NAME_OR_ENDPOINT}")
    if isinstance(error, NotFoundError | FileNotFoundError):
        return FileError(Code.FILE_VANISHED, "The object is no longer there")
    if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError) or _REFUSED.search(
        text
    ):
        return FileError(
            Code.SOURCE_DENIED, f"The store refuses access to {bucket}: {_WAYS_OUT[scheme]} of the services"
        )
    if "404 Not Found" in text:  # of an object it has a class of its own
        return FileError(Code.SOURCE_GONE, f"There is no bucket {bucket}: {_NAME_OR_ENDPOINT}")
    if isinstance(error, PreconditionError):
        return FileError(Code.FILE_CHANGING, "The object was replaced while it was read: retry")
    return _other(error, text, scheme, bucket)


def _other(error: Exception, text: str, scheme: str, bucket: str) -> FileError:
    if isinstance(error, InvalidPathError) or (isinstance(error, ValueError) and "path" in text):
        return FileError(
            Code.NOT_A_REGULAR_FILE, "Its key has an empty part, `.` or `..`, which cannot be read: rename it"
        )
    if _NO_KEY.search(text):
        return FileError(
            Code.SOURCE_DENIED,
            f"There are no usable credentials for {bucket}: {_WAYS_OUT[scheme]} of the services",
        )
    if _ELSEWHERE.search(text):
        return FileError(Code.SOURCE_DENIED, f"{bucket} is in another region: set AWS_REGION to it")
    return FileError(
        Code.READ_FAILED, f"The store of {bucket} does not answer, or fails: retry, or check its endpoint"
    )


@contextmanager
def file_errors(scheme: str, bucket: str) -> Iterator[None]:
    """Raise FileError in place of the store's errors."""
    try:
        yield
    except FAILURES as error:
        # Without its cause: that has addresses of requests.
        raise file_error(error, scheme, bucket) from None
