"""The chapter itself, in the order of its pages: `scratch`, `concise`, and the loop of both in `training`."""
