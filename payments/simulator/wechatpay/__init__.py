"""The simulated WeChat Pay."""
