"""Where the repository keeps what tests look at."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
DATA, LOGS, PLANTED = TESTS / "data", TESTS / "data" / "logs", TESTS / "data" / "planted"
REAL = TESTS / "data" / "real"
