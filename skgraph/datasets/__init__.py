"""Raw files to stores: one module a source."""
