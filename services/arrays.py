"""Array types shared by encoders and stores, and the one check that every embedding passes."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from services.errors import InvalidRequest

FloatArray: TypeAlias = npt.NDArray[np.float32]


def unit_rows(vectors: npt.ArrayLike) -> FloatArray:
    """Scale each row of `vectors` (N, D) to length one, as float32.

    Raises InvalidRequest when an entry is not finite or a row has no direction: such a vector would
    compare as NaN with everything, and Milvus would store it without complaint.
    """
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))  # (N, D)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)  # (N, 1)
    usable = np.isfinite(norms[:, 0]) & (norms[:, 0] > 1e-12)
    if not usable.all():
        raise InvalidRequest(
            f"embedding {int(np.flatnonzero(~usable)[0])} is zero or not finite; it cannot be compared"
        )
    unit: FloatArray = rows / norms
    return unit
