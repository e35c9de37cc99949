"""The joint graph of a skeleton, its files, and the landmarks that relate one skeleton to another."""

from skgraph.topology.topology import Topology

__all__ = ["Topology"]
