"""Features of clips and of sliding windows, by a frozen encoder."""
