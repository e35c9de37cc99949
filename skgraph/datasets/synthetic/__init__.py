"""The synthetic dataset: labelled motions of simulated people before three simulated depth cameras."""

from skgraph.datasets.synthetic.write_synthetic import write_synthetic

__all__ = ["write_synthetic"]
