"""From a raw dataset to a store: presets, joint maps, units, splits, the conversion cache and the overview."""
