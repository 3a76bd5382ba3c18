"""Somebody's training logs, read back, wherever they stand. The room's verb is `reader.read_file`."""
