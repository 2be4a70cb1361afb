"""How much metadata is read."""

XMP_BYTES = 2 << 20
"""A longer packet holds no words but pictures and histories, and takes seconds."""
TAKEOUT_BYTES = 1 << 20
