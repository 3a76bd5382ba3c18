"""`python -m dropout_gluon` is the command."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
