"""The simulated Alipay."""
