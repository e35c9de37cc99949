"""From a raw dataset to a store: units, splits, joint maps, presets, the conversion cache, and the overview."""
