"""How far an encoder's space carries a label that it was never trained on: a vote of the nearest labelled photos."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from indexer.evaluation.encode import EncodedSplit
from indexer.evaluation.nearest import ScoreArray
from indexer.evaluation.protocols import KNN


def vote_scores(name: str, encoded: EncodedSplit, reference: EncodedSplit, k: int = KNN) -> dict[str, ScoreArray]:
    """For each row that has label `name`, whether it wins the vote of the `k` nearest of `reference`: `<name>_knn15`.

    Every neighbour has one vote; of labels with equally many the first in alphabetical order wins. Empty where
    either side has no such label. This is the usual probe of a frozen embedding (Wu et al., "Unsupervised Feature
    Learning via Non-Parametric Instance Discrimination", CVPR 2018, there with weighted votes).
    """
    truth, known = encoded.truth(name), reference.truth(name)
    if not truth or not known:
        return {}
    # Unit rows: the order by Euclidean distance is the order by cosine.
    voters = KNeighborsClassifier(n_neighbors=min(k, len(known)), algorithm="brute")
    voters.fit(reference.vectors[reference.labelled(name)], np.array(known))
    guesses = voters.predict(encoded.vectors[encoded.labelled(name)])  # (Q,)
    return {f"{name}_knn{KNN}": (guesses == np.array(truth)).astype(np.float64)}
