"""Skeletons in one HTML page that needs nothing else: a player in three dimensions; and as a GIF or MP4."""

from skgraph.viewer.animation import animate
from skgraph.viewer.page import page
from skgraph.viewer.predicted_segments import predicted_segments
from skgraph.viewer.scene import Layer, Segment, ViewedClip, clip_of_store, motion_layer

__all__ = [
    "Layer",
    "Segment",
    "ViewedClip",
    "animate",
    "clip_of_store",
    "motion_layer",
    "page",
    "predicted_segments",
]
