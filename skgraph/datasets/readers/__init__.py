"""Readers: one module per source, each with one function `read_<source>(source, ...) -> RawDataset`.

The contract:

- `source`, the file or folder, comes first. Other arguments have the same name in all readers: `topology` (a topology,
  its name, or the path of its file), `unit` (one of `METRES`, `normalised`, or `px` in 2D), `fps`, `labels` (a CSV),
  `labelled` (False reads every clip without labels).
- The function reads and checks names, labels, ids and splits; `RawDataset.clips` then reads one clip at a time.
- A clip is a `RawClip` with joints `[M, T, V, C]` float32 in the order of the topology, lengths in metres, y up. Where
  a body is absent, its joints are zero, or `frame_mask` is False. `write_store` refuses what is not finite.
- Bad input raises one `DataError` (a bad argument, `ConfigError`) with the file, the expected and the found value.
  Nothing in a file is executed.

For a folder with one file per clip, `read_clip_folder` of :mod:`skgraph.datasets.readers.reader` needs only a function
that reads a clip, as in `read_npy`, the reader to copy.
"""
