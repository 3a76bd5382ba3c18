"""Package data: what the chapter prints, with its source."""
