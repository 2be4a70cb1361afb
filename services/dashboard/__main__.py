"""Runs the dashboard as a process of its own."""

import sys

from libs.common.runtime.logs import configure_logging, log_start
from libs.common.runtime.process import read_settings, run_until_stopped
from libs.common.stages import DASHBOARD
from services.dashboard.app import build
from services.dashboard.settings import DashboardSettings

if __name__ == "__main__":
    settings = read_settings(DashboardSettings)
    configure_logging(settings.log_level, settings.log_format)
    log_start(DASHBOARD.name, settings)
    sys.exit(run_until_stopped(build(settings).run, settings.drain_seconds))
