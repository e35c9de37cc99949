"""Ensembles: fusion of the scores of several evaluations."""

from skgraph.evaluation.ensemble.fusion import Ensemble, ensemble_folder, format_ensemble, fuse_results, save_ensemble

__all__ = ["Ensemble", "ensemble_folder", "format_ensemble", "fuse_results", "save_ensemble"]
