"""Animations of clips as GIF or MP4."""

from __future__ import annotations

import io
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from skgraph._internal.figures import without_glyph_warnings
from skgraph.errors import ConfigError, DataError, first_line
from skgraph.topology import Topology
from skgraph.viewer.scene import ViewedClip, check_drawable, front, ramp_maximum

FORMATS = ("gif", "mp4")
FPS = 25  # a GIF counts in hundredths of a second: 4 a frame
MAX_FRAMES = 1500  # a minute of one clip; a longer GIF has a hundred megabytes
MAX_CLIPS = 12  # side by side; many players refuse more than 4096 pixels
_WIDTH, _HEIGHT, _DPI = 3.2, 3.6, 100  # inches of a clip's panel
# Colours of the page on a light ground (assets/viewer.js).
_HUES = ("#0064ad", "#cf5a00", "#00855f", "#bb5191", "#8f6900", "#3688bd", "#6d4c41", "#7e57c2")
_RAMP = LinearSegmentedColormap.from_list("ramp", ["#4a86a9", "#6a5fc0", "#a3246e", "#4a0a2c"])
_HIGH, _LOW = "#0a4f8f", "#868686"


def animate(topology: Topology, clips: Sequence[ViewedClip], format: str = "gif", colour: str = "part") -> bytes:
    """Animate clips side by side in real time, from the first view of the page.

    Args:
        topology: topology of all clips.
        clips: one or more, with the same layers; the animation lasts as long as the longest.
        format: ``"gif"``, or ``"mp4"``, which needs imageio-ffmpeg (the extra ``figures``).
        colour: ``"part"`` or the key of a layer.

    Returns:
        Content of the file.

    Raises:
        ConfigError: unknown format or colour, or imageio-ffmpeg is not installed.
        DataError: no clip, coordinates that are not finite, more than 12 clips, or more than a minute in all.
    """
    if format not in FORMATS:
        raise ConfigError(f"an animation is {' or '.join(FORMATS)}, found '{format}'")
    check_drawable(clips, colour)
    seconds = max(clip.joints.shape[1] / clip.fps for clip in clips)
    count = max(1, round(seconds * FPS))
    if len(clips) > MAX_CLIPS:
        raise DataError(f"an animation shows at most {MAX_CLIPS} clips, found {len(clips)}: choose with clip=[...]")
    if count * len(clips) > MAX_FRAMES:
        limit = MAX_FRAMES // FPS // len(clips)
        raise DataError(
            f"the longest of {len(clips)} clips takes {seconds:.0f} seconds, an animation of so many at most {limit}: "
            f"show a span of each with seconds=[0,{limit}]"
        )
    with without_glyph_warnings():
        if format == "mp4":
            return _mp4(_frames(topology, clips, colour, range(count)))
        # One palette from a few frames: a palette for each frame would flicker and triple the file.
        few = np.unique(np.linspace(0, count - 1, 6).astype(int)).tolist()
        palette = Image.fromarray(np.concatenate(list(_frames(topology, clips, colour, few)))).quantize(128)
        return _gif(_frames(topology, clips, colour, range(count)), palette)


def _frames(
    topology: Topology, clips: Sequence[ViewedClip], colour: str, chosen: Iterable[int]
) -> Iterator[np.ndarray]:
    """Draw the chosen frames as ``[height, width, 3]`` uint8."""
    figure = Figure(figsize=(_WIDTH * len(clips), _HEIGHT), dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    top = ramp_maximum([clip.layers[colour] for clip in clips]) if colour != "part" else 1.0
    panels = [_Panel(figure, i, len(clips), topology, clip, colour, top) for i, clip in enumerate(clips)]
    clock = figure.text(0.01, 0.01, "", fontsize=7, color="0.4")
    _legend(figure, topology, clips[0], colour, top)
    for i in chosen:
        for panel in panels:
            panel.show(i / FPS)
        clock.set_text(f"{i / FPS:.2f} s")
        canvas.draw()
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


class _Panel:
    """Axes of one clip, with a collection of bones and one of joints for each body."""

    def __init__(
        self, figure: Figure, index: int, count: int, topology: Topology, clip: ViewedClip, colour: str, top: float
    ) -> None:
        self.clip, self.edges = clip, topology.edges.numpy()
        x, z = front(topology, clip)
        # To the right as seen from the direction (x, z), and up.
        self.flat = clip.joints @ np.array([[z, 0], [0, 1], [-x, 0]])  # [M, T, V, 2]
        self.colours = _colours(topology, clip, colour, top)
        axes = figure.add_axes((index / count, 0.06, 1 / count, 0.84))
        axes.set_axis_off()
        axes.set_aspect("equal")
        seen = self.flat[clip.present]
        low, high = np.quantile(seen, [0.005, 0.995], axis=(0, 1)) if len(seen) else (-np.ones(2), np.ones(2))
        size = max(float((high - low).max()), 1e-6)
        limits: list[Any] = [axes.set_xlim, axes.set_ylim]
        for limit, a, b in zip(limits, low, high, strict=True):
            limit((a + b - 1.12 * size) / 2, (a + b + 1.12 * size) / 2)
        self.title = axes.set_title("", fontsize=8, parse_math=False)
        self.bodies: list[tuple[LineCollection, PathCollection]] = []
        for m in range(len(clip.joints)):
            lines = LineCollection([], linewidths=2.2 - 0.7 * min(m, 1))
            axes.add_collection(lines)
            self.bodies.append((lines, axes.scatter([], [], s=16, zorder=3, linewidths=0)))

    def show(self, seconds: float) -> None:
        """Draw the clip at a time."""
        self.title.set_text(self.clip.caption(seconds))
        frame = min(self.clip.joints.shape[1] - 1, round(seconds * self.clip.fps))
        for m, (lines, dots) in enumerate(self.bodies):
            present = bool(self.clip.present[m, frame])
            pose, colours = self.flat[m, frame], self.colours[m, frame]
            lines.set_segments(pose[self.edges] if present else [])
            lines.set_colors(colours[self.edges[:, 1]])  # a bone has the colour of its outer joint
            dots.set_offsets(pose if present else np.empty((0, 2)))
            dots.set_facecolor(colours)


def _colours(topology: Topology, clip: ViewedClip, colour: str, top: float) -> np.ndarray:
    """Return RGBA of every joint in every frame, ``[M, T, V, 4]``; other bodies than the first are darker."""
    if colour == "part":
        part = np.zeros(topology.num_joints, int)
        # In reverse, as a joint belongs to the first part that names it.
        for i, joints in reversed(list(enumerate(topology.parts.values()))):
            part[joints.numpy()] = i % len(_HUES)
        found = np.broadcast_to(to_rgba_array(_HUES)[part], (*clip.joints.shape[:3], 4)).copy()
    else:
        layer = clip.layers[colour]
        frames = clip.joints.shape[1]
        values = layer.values[:, np.arange(frames) * layer.values.shape[1] // frames]  # [M, T, V]
        colours = to_rgba_array([_LOW, _HIGH])
        found = colours[(values != 0).astype(int)] if layer.kind == "binary" else _RAMP(values / (top or 1.0))
    found[1:, ..., :3] *= 0.72
    return found


def _legend(figure: Figure, topology: Topology, clip: ViewedClip, colour: str, top: float) -> None:
    """Write the legend of the colours in a line at the bottom."""
    if colour == "part":
        entries: list[tuple[Any, str]] = [
            (_HUES[i % len(_HUES)], name.replace("_", " ")) for i, name in enumerate(topology.parts)
        ]
    elif (layer := clip.layers[colour]).kind == "binary":
        entries = [(_HIGH, layer.high), (_LOW, layer.low)]
    else:
        entries = [(_RAMP(0.0), f"{layer.title}: 0"), (_RAMP(1.0), f"at least {top:.2g} {layer.unit}".strip())]
    marks = [Line2D([], [], color=hue, marker="o", linestyle="", markersize=4, label=name) for hue, name in entries]
    legend = figure.legend(
        handles=marks, loc="lower right", ncols=len(marks), fontsize=6, frameon=False, handletextpad=0, columnspacing=1
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _gif(frames: Iterator[np.ndarray], palette: Image.Image) -> bytes:
    first, *others = (Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=1000 // FPS, loop=0)
    return file.getvalue()


def _mp4(frames: Iterator[np.ndarray]) -> bytes:
    try:
        from imageio_ffmpeg import write_frames
    except ImportError as error:
        raise ConfigError("an MP4 needs imageio-ffmpeg: pip install 'skgraph[figures]', or write a .gif") from error
    first = next(frames)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "clip.mp4"
        height, width = first.shape[:2]
        writer = write_frames(str(path), (width, height), fps=FPS, macro_block_size=2, ffmpeg_log_level="error")
        try:
            writer.send(None)  # starts the generator
            for frame in itertools.chain([first], frames):
                writer.send(np.ascontiguousarray(frame))
            writer.close()
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"ffmpeg cannot write the MP4: {first_line(error)}") from error
        if not content:
            raise DataError(f"ffmpeg wrote nothing of {width} x {height} pixels")
        return content
