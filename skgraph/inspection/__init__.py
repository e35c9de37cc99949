"""Statistics of a dataset, and problems that may spoil training or evaluation."""
