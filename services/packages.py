"""The stages' packages, `services/<name>/`, found by the names in the table of stages."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from libs.common.runtime.service import Service
from libs.common.settings import EnvSettings, StoreSettings
from libs.common.store.protocol import Store


def settings_class(stage: str) -> type[EnvSettings]:
    """The one settings class that `services/<stage>/settings.py` defines; ValueError if there is not one."""
    module = import_module(f"services.{stage}.settings")
    (found,) = (
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, EnvSettings) and each.__module__ == module.__name__
    )
    return found


def build(stage: str, given: Mapping[str, Any], store: Store | None) -> Service:
    """The stage, not yet started: `given` overrides its environment, `store` is for those that use one."""
    settings = settings_class(stage)(**given)
    make = import_module(f"services.{stage}.app").build
    uses_store = isinstance(settings, StoreSettings)
    return cast("Service", make(settings, store) if uses_store else make(settings))
