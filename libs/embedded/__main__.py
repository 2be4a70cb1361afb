"""Makes ready what the embedded broker needs, so that its first start is quick: `python -m libs.embedded`."""

import asyncio
import logging
import sys

from libs.common.errors import SluiceError
from libs.embedded import startup_cache
from libs.embedded.settings import EmbeddedSettings


def main() -> int:
    """Download the jars and record the start-up cache, unless that has been done."""
    # The first use of a new broker's groups is retried, which the client logs as an error.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    settings = EmbeddedSettings()
    try:
        asyncio.run(startup_cache.record(settings.sluice_cache_dir, settings.maven_mirror))
    except SluiceError as error:
        sys.stderr.write(f"sluice: {error.detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
