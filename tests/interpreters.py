"""Interpreters as a machine may have them, made for tests of the set-up."""

import sys


def fake(folder, name, script):
    """A command of this name whose body is a shell script."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def posing_as(version, lacking=""):
    """The script of a Python that answers `-c` as another version would, or one without a module."""
    pose = f"import sys; sys.version_info = ({version}, 0, 'final', 0)"
    if lacking:
        pose += f"; sys.modules['{lacking}'] = None"
    return f'[ "$1" = -c ] && exec "{sys.executable}" -c "{pose}; exec(sys.argv[1])" "$2"'
