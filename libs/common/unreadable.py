"""What decoding somebody else's bytes may raise, so that no body can end the stage that reads it."""

UNREADABLE = (ValueError, RecursionError)
"""Besides msgspec's own errors, which are ValueErrors: text that is not UTF-8, and nesting without end."""
