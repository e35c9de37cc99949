"""Measurements behind the README's figures: each a ratio of things timed in one run on one machine."""
