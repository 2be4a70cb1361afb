"""One file from hell, and what may become of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from libs.common.errors import Code

STORED = "stored"
"""Next to the codes, the one other thing that may become of a file."""

DAMAGE = frozenset((Code.DECODE_FAILED, Code.TRUNCATED_IMAGE))
"""What damage may be called: where the container does not tell, a cut file looks like any damaged one."""

_ALL_OF = frozenset(("odd name", "200 levels deep", "huge size", "endless"))
"""Kinds whose every case is one of its own."""

Lay = Callable[[Path], None]
"""Makes the file at a path; its folder is there."""


@dataclass(frozen=True)
class Case:
    """`kind` is its row in the table, `name` its name on disk. `may` are the outcomes that it may have.

    `shows` are whole pictures' files: stored, the case must look like one of them. `listed` are the outcomes
    where a listing sees it before a decoder does, if they are others; empty: it lists no such file.
    """

    kind: str
    name: bytes
    lay: Lay
    may: frozenset[str]
    shows: tuple[bytes, ...] = ()
    listed: frozenset[str] | None = None

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


def one_of_each(cases: Iterable[Case]) -> list[Case]:
    """The first case of each kind and suffix; where names differ in nothing else, all of them."""
    kept: dict[tuple[str, str, bytes], Case] = {}
    for case in cases:
        suffix = PurePosixPath(case.name.decode(errors="replace")).suffix
        kept.setdefault((case.kind, suffix, case.name if case.kind in _ALL_OF else b""), case)
    return list(kept.values())


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
