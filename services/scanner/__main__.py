from libs.common.runtime.process import run_stage
from services.scanner.app import build
from services.scanner.settings import ScannerSettings

if __name__ == "__main__":
    run_stage(ScannerSettings, build)
