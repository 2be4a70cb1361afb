from libs.common.runtime.process import run_stage
from services.processor.app import build
from services.processor.settings import ProcessorSettings

if __name__ == "__main__":
    run_stage(ProcessorSettings, build)
