"""Measures what a model's scores are worth, on labelled photos that it has not learned from."""

from indexer.calibration.fit import calibrate_bundle, calibration_figures, fit_calibration
from indexer.calibration.seen import SeenSplit, see_split

__all__ = ["SeenSplit", "calibrate_bundle", "calibration_figures", "fit_calibration", "see_split"]
