"""Skeletons in a self-contained HTML page with a player in three dimensions, and as GIF or MP4."""

from skgraph.viewer.animation import animate
from skgraph.viewer.page import viewer_page
from skgraph.viewer.scene import Layer, Recognised, Segment, ViewedClip, clip_of_store, motion_layer, read_predictions

__all__ = [
    "Layer",
    "Recognised",
    "Segment",
    "ViewedClip",
    "animate",
    "clip_of_store",
    "motion_layer",
    "read_predictions",
    "viewer_page",
]
