"""Readers: a module a source, each with one function `read_<source>(source, ...) -> RawDataset`.

The contract:

- `source`, the file or folder, comes first. Other arguments have the same name in all readers: `topology` (a topology,
  its name, or the path of its file), `unit` (`m`, `cm`, `mm`, `normalised`, or `px` in 2D), `fps`, `labels` (a CSV),
  `labelled` (False reads every clip without labels).
- The function reads and checks names, labels, ids and splits; `RawDataset.clips` then reads the clips one at a time.
- A clip is a `RawClip` with joints `[M, T, V, C]` float32 in the order of the topology, lengths in metres, y up. Where
  a body is absent, its joints are zero, or `frame_mask` is False. `write_store` refuses what is not finite.
- Bad input is one `DataError` (of an argument, `ConfigError`) that names the file, what was expected and what was
  found. Nothing in a file is ever executed.

For a folder with a file a clip, `read_clip_folder` of :mod:`skgraph.datasets.readers.reader` does all but read a clip.
The reader to copy is `read_npy`.
"""
