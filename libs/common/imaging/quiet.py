"""Pillow without its warnings."""

import logging
import warnings


def quiet_pillow() -> None:
    """Pillow warns of damage that it reads past; the file's outcome says what there is to say."""
    warnings.filterwarnings("ignore", module="PIL")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
