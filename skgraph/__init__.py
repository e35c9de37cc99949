"""Graph-native self-supervised learning on 3D skeleton sequences."""

from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore
from skgraph.topology import Topology

__version__ = "0.1.0"
__all__ = ["SkeletonData", "SkeletonDataset", "SkeletonStore", "Topology"]
