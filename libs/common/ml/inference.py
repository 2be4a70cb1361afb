"""The ML service as its callers see it: what is sent, what may come back, and the protocol between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.common.errors import Code
from libs.common.ml.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class Image:
    """One image to embed. `id` is unique within a request; `data` is JPEG (or PNG)."""

    id: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What the service said of one image, unchecked: `embedding` may be anything that JSON can hold."""

    id: str
    embedding: object = None
    caption: str | None = None
    error: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The service answered; whether well is still to be checked."""

    results: Sequence[Result]


@dataclass(frozen=True, slots=True)
class TooMuch:
    """The request was too large for it: a smaller one may pass."""

    detail: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It would not have this request, or answered nonsense: one of the images may be to blame."""

    detail: str
    code: Code = Code.ML_REJECTED


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer in time: it is overloaded, hangs, or an image takes indefinitely."""

    detail: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection broke under the request: it was restarted, or an image killed it."""

    detail: str


@dataclass(frozen=True, slots=True)
class Away:
    """It cannot be reached or does not serve now, whatever is asked."""

    detail: str


Reply = Answer | TooMuch | Refused | TimedOut | Dropped | Away


class InferenceClient(Protocol):
    """Talks to one ML service. Every call has a time limit."""

    async def capabilities(self) -> Capabilities:
        """What the service is now; UnavailableError ml_unavailable with the reason if it does not say."""

    async def warm_up(self) -> None:
        """Have the models loaded; UnavailableError as above."""

    async def embed(self, images: Sequence[Image], *, caption: bool) -> Reply:
        """One request with all the `images`. Failures are replies, never exceptions."""
