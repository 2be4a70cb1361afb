"""`sluice models`: which models there are, getting one, and whether it is whole."""

from typing import Annotated

import typer

from libs.common.runtime.process import read_settings
from services.settings import RunSettings
from sluice.cli.exits import Exit
from sluice.cli.options import AsJson
from sluice.cli.output import as_json, line, table

app = typer.Typer(help="List, fetch and check models.", rich_markup_mode=None, add_completion=False)

Name = Annotated[
    str, typer.Argument(metavar="MODEL", help="Name, as `sluice models list` prints it", show_default=False)
]


@app.command("list")
def list_models(json: AsJson = False) -> int:
    """List the models that ML_MODEL can be set to."""
    from cli import model_rows  # noqa: PLC0415 (imports what only models need)

    rows = model_rows.rows(read_settings(RunSettings).models_dir)
    if json:
        as_json({"models": rows})
        return Exit.OK
    table(
        ("MODEL", "HERE", "SIZE", "NUMBERS", "LICENCE", "FOR"),
        ((row.name, row.here, row.size, str(row.dimension), row.licence, row.about) for row in rows),
        numbers=("NUMBERS",),
    )
    return Exit.OK


@app.command()
def fetch(model: Name) -> int:
    """Download a model and check it. An interrupted download resumes."""
    from services.ml.fetch import fetch as fetched  # noqa: PLC0415
    from services.ml.models.store import ModelStore  # noqa: PLC0415

    line(fetched(model, ModelStore(read_settings(RunSettings).models_dir)))
    return Exit.OK


@app.command()
def check(model: Name) -> int:
    """Load a model and embed a picture and a text with it."""
    from cli import model_rows  # noqa: PLC0415

    for problem in model_rows.problems(model, read_settings(RunSettings).models_dir):
        line(problem, stderr=True)
        return Exit.FAILED
    line(model_rows.tried(model, read_settings(RunSettings).models_dir))
    return Exit.OK
