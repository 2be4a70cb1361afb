from libs.common.runtime.process import run_stage
from services.upserter.app import build
from services.upserter.settings import UpserterSettings

if __name__ == "__main__":
    run_stage(UpserterSettings, build)
