"""The project's scripts as modules: their names have no ending."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

from places import ROOT


def load_script(name: str) -> ModuleType:
    """A script of `scripts/`, by its file's name."""
    loader = SourceFileLoader(name.replace("-", "_"), str(ROOT / "scripts" / name))
    script = module_from_spec(spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = script  # where its dataclasses look for their names
    loader.exec_module(script)
    return script
