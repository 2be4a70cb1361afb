"""Runs the dashboard as a process of its own."""

import sys

from libs.common.runtime.process import configure_logging, read_settings, run_until_stopped
from services.dashboard.app import build
from services.dashboard.settings import DashboardSettings

if __name__ == "__main__":
    settings = read_settings(DashboardSettings)
    configure_logging(settings.log_level)
    sys.exit(run_until_stopped(build(settings).run, settings.drain_seconds))
