"""`python -m dropout_gluon` is the command."""

import sys

from .cli import command

if __name__ == "__main__":
    sys.exit(command())
