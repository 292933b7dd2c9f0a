"""What the suite stands on: its database, its flush, its browser."""
