"""Runs the inferencer as a process of its own."""

from libs.common.runtime.process import run_stage
from services.inferencer.app import build
from services.inferencer.settings import InferencerSettings

if __name__ == "__main__":
    run_stage(InferencerSettings, build)
