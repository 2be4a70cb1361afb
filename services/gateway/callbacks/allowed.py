"""Which servers may be told of a job's end."""

from collections.abc import Collection
from dataclasses import dataclass

from libs.common.callbacks import CallbackUrl, Origin, parse_origin
from libs.common.errors import Code, SluiceError


@dataclass(frozen=True, slots=True)
class Allowed:
    """The servers that CALLBACK_HOSTS names."""

    origins: frozenset[Origin]

    @classmethod
    def of(cls, hosts: Collection[str]) -> "Allowed":
        """See `libs.common.callbacks.parse_origin`."""
        return cls(frozenset(map(parse_origin, hosts)))

    def check(self, callback_url: str | None) -> None:
        """SluiceError invalid_request for a URL of another server."""
        if callback_url is not None and (refusal := self.refusal(CallbackUrl.parse(callback_url))):
            raise SluiceError(Code.INVALID_REQUEST, refusal)

    def refusal(self, url: CallbackUrl) -> str | None:
        """Why it is not called, in a sentence; None if it is."""
        if url.origin in self.origins:
            return None
        return f"callback_url: {url.origin} is not in CALLBACK_HOSTS of the gateway: have it added"
