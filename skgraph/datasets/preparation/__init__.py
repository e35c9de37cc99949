"""Preparation of stores: presets, joint maps, units, splits, the conversion cache and the overview."""
