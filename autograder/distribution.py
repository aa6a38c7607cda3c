"""The name by which pip knows this package: that of pyproject.toml (a test compares them)."""

DISTRIBUTION = "keras-training-autograder"
