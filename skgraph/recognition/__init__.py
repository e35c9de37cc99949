"""A trained encoder with a linear head, at work: labels of clips, timelines of recordings, streams of frames."""

from skgraph.recognition.recogniser import Recogniser
from skgraph.recognition.stream import SkeletonStream, StreamedLabel
from skgraph.recognition.timeline import Timeline, timelines

__all__ = ["Recogniser", "SkeletonStream", "StreamedLabel", "Timeline", "timelines"]
