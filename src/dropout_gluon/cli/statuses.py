"""What the command ends with, beside the 1 and 3 of a verdict and the 1 of an ensemble with failed runs."""

GOOD, BAD_INPUT, UNEXPECTED, INTERRUPTED, TERMINATED = 0, 2, 70, 130, 143
