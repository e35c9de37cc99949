"""NTU RGB+D 60 and 120: from the downloaded archives to a store."""
