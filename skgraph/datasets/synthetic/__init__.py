"""Labelled motions without a download: people who act out short scores before three simulated depth cameras."""

from skgraph.datasets.synthetic.write_synthetic import write_synthetic

__all__ = ["write_synthetic"]
