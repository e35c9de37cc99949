"""Classifiers: nearest neighbours and an exact linear probe on features, and heads trained by gradient descent."""
