"""Tables of results beside published accuracies."""
