"""Ensembles: fusion of the scores of several evaluations."""
