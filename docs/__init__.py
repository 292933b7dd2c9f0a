"""The documentation, and what writes those parts of it that the code knows better."""
