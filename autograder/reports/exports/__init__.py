"""The results file in the formats of other systems: pure functions, from records to text."""
