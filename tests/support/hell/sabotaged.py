"""`python -m tests.support.hell.sabotaged`: the whole system, whose decoders obey the names of files."""

import sys

from services import __main__ as everything
from services.processor import app
from tests.support.hell.orders import Sabotaged, SabotagedSources

if __name__ == "__main__":
    real = app.inspector_of
    app.inspector_of = lambda settings: Sabotaged(real(settings))  # type: ignore[assignment, return-value]
    app.Sources = SabotagedSources  # type: ignore[attr-defined]
    sys.exit(everything.main())
