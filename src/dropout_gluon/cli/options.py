"""Messages about arguments of Python's, told with the command's options: --epochs where it is num_epochs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping

# How a message about an argument begins: its name, the place in a list of values, and what is asked of it.
_ABOUT = re.compile(r"(?P<name>\w+)(\[(?P<place>\d+)\])? (?=must |are of |says )")
# Elsewhere in it only what is no word by itself, and no value that somebody wrote, can be a name.
_OTHER = re.compile(r"(?<!['\"\w])[a-z]+_[a-z_]+(?!['\"\w])")


def options_of(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Argument of Python's -> option, of those that a command takes."""
    return {action.dest: action.option_strings[-1] for action in parser._actions if action.option_strings}


def with_options(message: str, options: Mapping[str, str]) -> str:
    """A message about an argument that is an option, with the option's name; any other as it is."""
    about = _ABOUT.match(message)
    if not about or about["name"] not in options:
        return message
    place = "" if about["place"] is None else f", value {int(about['place']) + 1},"
    rest = _OTHER.sub(lambda found: options.get(found[0], found[0]), message[about.end() :])
    return f"{options[about['name']]}{place} {rest}"
