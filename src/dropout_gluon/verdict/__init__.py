"""Is a log the book's experiment, or is something off? The room's verb is `compare.compare`."""
