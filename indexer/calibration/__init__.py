"""Measures what a model's scores are worth, on labelled photos that it has not learned from."""

from indexer.calibration.fit import calibrate_bundle, calibration_figures, fit_calibration

__all__ = ["calibrate_bundle", "calibration_figures", "fit_calibration"]
