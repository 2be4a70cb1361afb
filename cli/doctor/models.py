"""The model that runs in this process."""

from cli.doctor.finding import Finding, ok, wrong
from libs.common.errors import SluiceError
from services.settings import RunSettings


def model(settings: RunSettings) -> Finding:
    """Whether what ML_MODEL names is here; it is not loaded."""
    from services.ml.choice import backend_of, default_model  # noqa: PLC0415 (imports what models need)
    from services.ml.settings import MLServiceSettings  # noqa: PLC0415

    name = settings.ml_model or default_model()
    what = f"model {name}"
    ml = MLServiceSettings(ml_model=name, ml_models_dir=settings.models_dir)
    try:
        backend = backend_of(ml)
    except SluiceError as error:
        advice = "set ML_MODEL to what `sluice models list` shows, or fetch it; ML_DEVICE to what is here"
        return wrong(what, error.detail, advice)
    gpu = ml.ml_precision == "auto" and backend.device != "cpu"
    device = f"computes on {backend.device}{', in float16 where that is faster' if gpu else ''}"
    words = "words find pictures" if backend.has_text_model else "words are those of captions and names"
    return ok(what, f"is here: {backend.dimension} numbers a vector; {words}; {device}")
