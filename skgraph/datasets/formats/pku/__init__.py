"""PKU-MMD I and II: from the downloaded files to a store."""
