"""The skeleton graph, the store on disk, and the dataset that reads one from the other."""

from skgraph.data.dataset import SkeletonDataset
from skgraph.data.edges import EdgeType, spatiotemporal_edges
from skgraph.data.join_shares import join_shares
from skgraph.data.loader import EpochLoader
from skgraph.data.mixed_loader import MixedLoader
from skgraph.data.skeleton_data import SkeletonData
from skgraph.data.store import SkeletonStore
from skgraph.data.store_writer import StoreWriter

__all__ = [
    "EdgeType",
    "EpochLoader",
    "MixedLoader",
    "SkeletonData",
    "SkeletonDataset",
    "SkeletonStore",
    "StoreWriter",
    "join_shares",
    "spatiotemporal_edges",
]
