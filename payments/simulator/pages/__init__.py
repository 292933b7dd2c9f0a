"""What a payer sees at the simulated channels."""
