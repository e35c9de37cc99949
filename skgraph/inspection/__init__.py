"""What is in a dataset, and what may be wrong with it."""
