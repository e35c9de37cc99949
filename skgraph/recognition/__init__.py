"""A trained encoder with a linear head: labels of clips, timelines of recordings, labels of live frames."""

from skgraph.recognition.recogniser import Recogniser
from skgraph.recognition.skeleton_stream import SkeletonStream, StreamedLabel
from skgraph.recognition.timeline import Timeline, timelines

__all__ = ["Recogniser", "SkeletonStream", "StreamedLabel", "Timeline", "timelines"]
