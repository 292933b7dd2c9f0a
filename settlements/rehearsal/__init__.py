"""Playing the marketplace against the simulator: what the demo and the replay share."""
