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
    try:
        backend = backend_of(MLServiceSettings(ml_model=name, ml_models_dir=settings.models_dir))
    except SluiceError as error:
        return wrong(what, error.detail, "set ML_MODEL to what `sluice models list` shows, or fetch it")
    words = "words find pictures" if backend.has_text_model else "words are those of captions and names"
    return ok(what, f"is here: {backend.dimension} numbers a vector; {words}")
