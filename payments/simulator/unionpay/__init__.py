"""The simulated UnionPay gateway."""
