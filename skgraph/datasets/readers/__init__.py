"""Readers of datasets, one source a file: ``read_<source>(source, ...) -> RawDataset``."""
