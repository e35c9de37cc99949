"""Measurements of speed, memory and operations on the user's machine: ``python -m skgraph.benchmark``."""
