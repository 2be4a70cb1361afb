"""The frame of the few pages that are made here: readable on any screen, without a script."""

from html import escape

_STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td { border-top: 1px solid #ccc; padding: .3rem .6rem; vertical-align: top }
tr:target { background: #fff3bf }
"""


def html_page(title: str, body: str) -> str:
    """A page with this title; `body` is HTML."""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
{_STYLE}</style></head><body>
{body}
</body></html>
"""
