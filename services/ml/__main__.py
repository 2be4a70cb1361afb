"""Runs the ML service as a process of its own."""

import sys

from libs.common.runtime.logs import configure_logging, log_start
from libs.common.runtime.process import read_settings, run_until_stopped
from services.ml.app import build
from services.ml.settings import MLServiceSettings

DRAIN_SECONDS = 10.0

if __name__ == "__main__":
    settings = read_settings(MLServiceSettings)
    configure_logging(settings.log_level, settings.log_format)
    log_start("ml", settings)
    sys.exit(run_until_stopped(build(settings).run, DRAIN_SECONDS))
