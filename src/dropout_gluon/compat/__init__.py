"""MXNet 1.9.1, the last release of a retired project, on today's Pythons and NumPys: `hook` is the way in."""
