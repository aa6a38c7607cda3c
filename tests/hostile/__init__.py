"""The corpus of hostile submissions, described in `corpus` and graded in `test_hostile`."""
