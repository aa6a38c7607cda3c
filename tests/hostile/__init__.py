"""The corpus of hostile submissions: what they are in `corpus`, who holds against them above."""
