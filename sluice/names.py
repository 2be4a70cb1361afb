"""What a collection may be called."""

import re
import unicodedata

MOST_CHARACTERS = 128
WORDS = (
    '1 to 128 characters: letters of any script, digits, spaces and signs, none of / \\ < > : " | ? * and no '
    "dot or space at the beginning"
)
MAPPED = "~"
"""Names of folders that stand for a name that is not plain begin with this; no name of a collection does."""
_JOINER = re.compile("(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])")
"""Within words of Persian and Hindi, and within emoji; elsewhere it would only make names that look alike."""
_FORBIDDEN = frozenset('/\\<>:"|?*')
"""What a Qdrant server takes for no name, and what would lead out of a folder."""


def is_name(name: str) -> bool:
    """Whether a collection can be called so."""
    return (
        0 < len(name) <= MOST_CHARACTERS
        and name == canonical(name)
        and _JOINER.sub("", name).isprintable()
        and not _FORBIDDEN & set(name)
        and not name.startswith((".", MAPPED))
    )


def canonical(name: str) -> str:
    """The name in the one form that it is stored in: NFC, without spaces around it."""
    return unicodedata.normalize("NFC", name).strip()
