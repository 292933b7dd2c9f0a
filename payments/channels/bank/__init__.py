"""Banks, by file."""
