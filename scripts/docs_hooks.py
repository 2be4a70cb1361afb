"""What MkDocs does to each page: links to files outside docs/ become names, as the site has no such files."""

import re

_OUTWARD = re.compile(r"\[([^\]]+)\]\(\.\./(?!docs/)([^)#]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page's text."""
    return _OUTWARD.sub(lambda found: f"`{found[2].strip('/')}`", markdown)
