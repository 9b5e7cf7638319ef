"""The data sets of the built-in tasks, from the files inside scikit-learn: nothing is downloaded.

- digits: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998
  (test part).
- breast cancer: W. Wolberg, O. Mangasarian, N. Street and W. Street, Breast Cancer Wisconsin (Diagnostic), UCI Machine
  Learning Repository, 1993.

scikit-learn is imported when a source is called.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Source = Callable[[], tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]]
"""Gives raw samples, shape (n, features), and labels, shape (n,)."""

MEASUREMENTS = (
    # measurement, mean over the nuclei, their standard error, mean of the three largest: each as (centre, scale)
    ("radius", (14, 3.5), (0.3, 0.2), (15, 4.5)),
    ("texture", (19, 4), (1.1, 0.5), (25, 6)),
    ("perimeter", (90, 23), (2.3, 1.5), (100, 32)),
    ("area", (600, 300), (25, 30), (750, 500)),
    ("smoothness", (0.1, 0.014), (0.006, 0.003), (0.13, 0.022)),
    ("compactness", (0.1, 0.05), (0.02, 0.015), (0.22, 0.15)),
    ("concavity", (0.07, 0.08), (0.03, 0.025), (0.23, 0.2)),
    ("concave points", (0.04, 0.04), (0.01, 0.006), (0.1, 0.07)),
    ("symmetry", (0.18, 0.026), (0.02, 0.007), (0.28, 0.055)),
    ("fractal dimension", (0.06, 0.007), (0.003, 0.002), (0.08, 0.017)),
)
"""The usual size and spread of each measurement, to one or two digits: constants of the task, not fitted."""


def digits() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """1797 images of 8x8 pixels, 0 to 1, shape (1797, 64); labels 0 to 9."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X / 16.0, y.astype(np.int64)


def breast_cancer() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """569 standardised sets of measurements, shape (569, 30); label 1 is benign."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    # The 30 columns are the ten means, then the ten standard errors, then the ten largest.
    constants = np.array([columns for _, *columns in MEASUREMENTS], np.float64).transpose(1, 0, 2).reshape(30, 2)
    return (X - constants[:, 0]) / constants[:, 1], y.astype(np.int64)
