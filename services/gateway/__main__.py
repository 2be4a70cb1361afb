"""Runs the gateway as a process of its own."""

from libs.common.runtime.process import run_stage
from services.gateway.app import build
from services.gateway.settings import GatewaySettings

if __name__ == "__main__":
    run_stage(GatewaySettings, build)
