"""One file from hell, and what may become of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from libs.common.errors import Code

STORED = "stored"
"""Beside the codes, the one other thing that may become of a file."""

DAMAGE = frozenset((Code.DECODE_FAILED, Code.TRUNCATED_IMAGE))
"""What damage may be called: where the container does not tell, a cut file looks like any damaged one."""

Lay = Callable[[Path], None]
"""Makes the file at a path; its folder is there."""


@dataclass(frozen=True)
class Case:
    """`kind` is its row in the table, `name` its name on disk. `may` are the outcomes that it may have.

    `shows` are whole pictures' files: stored, the case must look like one of them. `listed` are the outcomes
    where a listing sees it before a decoder does, if they are others; empty: the listing knows no such file.
    `once_listed` happens after it was listed and before it is read.
    """

    kind: str
    name: bytes
    lay: Lay
    may: frozenset[str]
    shows: tuple[bytes, ...] = ()
    listed: frozenset[str] | None = None
    once_listed: Lay | None = None

    @property
    def may_when_listed(self) -> frozenset[str]:
        """The outcomes that it may have in a whole system."""
        return self.may if self.listed is None else self.listed


def of(content: bytes | Callable[[], bytes]) -> Lay:
    """Lays a file with this content, which may be made only then."""
    return lambda path: _write(path, content if isinstance(content, bytes) else content())


def only(*outcomes: str) -> frozenset[str]:
    """The outcomes that a case may have."""
    return frozenset(outcomes)


def named(what: str, number: int, suffix: str) -> bytes:
    """A name that says what is wrong with the file; `what` and `number` together are its own."""
    return f"{what.replace(' ', '-')}-{number:03}{suffix}".encode()


def one_of_each(cases: Iterable[Case], most: int) -> list[Case]:
    """At most `most` cases of each kind and suffix, the first ones."""
    seen: dict[tuple[str, str], int] = {}
    kept = []
    for case in cases:
        key = case.kind, Path(case.name.decode(errors="replace")).suffix
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= most:
            kept.append(case)
    return kept


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
