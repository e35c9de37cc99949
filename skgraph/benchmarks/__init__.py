"""Measurements behind the figures of docs/speed.md: each a ratio of things timed in one run on one machine."""
