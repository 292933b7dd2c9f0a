"""One module per kind of deployment; all of them start from `base`."""
