"""The command dropout-gluon, a file a subcommand: each parses, calls one function, and prints."""
