"""The chapter's eight exercises and its claims, answered by measurement: a module each."""
