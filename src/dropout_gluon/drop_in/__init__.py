"""What the notebooks of the whole part call besides, and their names for the helper."""
