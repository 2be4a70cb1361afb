"""Decoders without their warnings."""

import logging
import warnings


def quiet_decoders() -> None:
    """They warn of damage that they read past; the file's outcome says what there is to say."""
    warnings.filterwarnings("ignore", module="PIL")
    for name in ("PIL", "tifffile"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
