"""`python -m services.ml.fetch NAME`: gets a model into ML_MODELS_DIR, where there is no `sluice` command."""

import sys

from libs.common.errors import Code, SluiceError
from libs.common.runtime.process import read_settings
from services.ml.models.hub import HuggingFace
from services.ml.models.registry import PUBLISHED, published
from services.ml.models.store import ModelStore
from services.ml.settings import MLServiceSettings
from sluice.terminal import say

EXIT_FAILED, EXIT_USAGE = 1, 2


def fetch(name: str, store: ModelStore) -> str:
    """Get the model, and say where it is; SluiceError model_unavailable or download_failed."""
    known = published(name)
    if known is None:
        names = ", ".join(each.name for each in PUBLISHED)
        raise SluiceError(Code.MODEL_UNAVAILABLE, f"there is no model {name} to fetch, but {names}")
    lock = store.fetch(known, HuggingFace())
    return f"{lock.name} at commit {lock.commit[:12]} is in {store.folder(known)}: set ML_MODEL={name}"


def main(arguments: list[str]) -> int:
    """The exit status."""
    if len(arguments) != 1:
        say("usage: python -m services.ml.fetch NAME")
        return EXIT_USAGE
    try:
        say(fetch(arguments[0], ModelStore(read_settings(MLServiceSettings).ml_models_dir)))
    except SluiceError as error:
        say(error.detail)
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
