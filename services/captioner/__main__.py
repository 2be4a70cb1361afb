"""Runs the captioner as a process of its own."""

from libs.common.runtime.process import run_stage
from services.captioner.app import build
from services.captioner.settings import CaptionerSettings

if __name__ == "__main__":
    run_stage(CaptionerSettings, build)
