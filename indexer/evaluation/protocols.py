"""What a figure means, by the end of its name."""

from indexer.evaluation.degrade import DEGRADATIONS

K = 10
KNN = 15
COUNTS = ("rows", "unreadable", "text_queries", "title_queries", "text_all_gallery", "typed_queries")
"""Names of the figures that are counts, and explain themselves."""

_TEXT = {
    "text_": "share of titled rows whose title, as a query,",
    "title_": "share of distinct titles, each one query, whose title",
}


def _text_protocols() -> dict[str, str]:
    """Both text protocols against the split, and against all splits."""
    found = {}
    for gallery, where in (("", "the split"), ("_all", "all splits")):
        for prefix, who in _TEXT.items():
            each = "titled row" if prefix == "text_" else "distinct title"
            found[f"{prefix}r@1{gallery}"] = f"{who} has a photo of a product that bears it as the nearest in {where}"
            found[f"{prefix}r@{K}{gallery}"] = f"{who} has such a photo among the {K} nearest in {where}"
            found[f"{prefix}mrr@{K}{gallery}"] = (
                f"mean over each {each} of 1 / rank of the first such photo in {where}, 0 beyond {K}"
            )
    return found


def _degraded_protocols() -> dict[str, str]:
    found = {}
    for name, way in DEGRADATIONS.items():
        found[f"self@1_{name}"] = f"share of photos, {way.says}, whose nearest is their own undegraded photo"
        found[f"p@{K}_{name}"] = f"P@{K} of photos, {way.says}, among the undegraded photos of other products"
        found[f"accuracy_{name}"] = f"accuracy of the most likely label of photos, {way.says}"
    return found


PROTOCOLS = {
    "accuracy": "share of photos whose most likely label is the catalogue's",
    "macro_precision": "precision of each class, averaged over the classes of the split, however rare",
    "macro_recall": "recall of each class, averaged over the classes of the split, however rare",
    "macro_f1": "F1 of each class, averaged over the classes of the split, however rare",
    "ece": "expected calibration error of the most likely label's probability, 15 bins; lower is better",
    "p@1": "share of photos whose nearest other photo of the split bears their label",
    f"p@{K}": f"share of the {K} nearest other photos of the split that bear the query photo's label",
    f"hit@{K}": f"share of photos with at least one photo of their label among the {K} nearest",
    "map@r": "mean average precision at R, the number of other photos of the label (Musgrave et al., 2020)",
    f"knn{KNN}": f"share of photos whose label wins the vote of the {KNN} nearest photos of split `train`",
    f"typed_p@{K}": f"share of the {K} nearest photos that have every attribute that a typed query asks for",
    "match_ece": "calibration error of the probability that a hit shares the query's label, by kind of query",
    "uncalibrated_ece": "calibration error of the head's most likely label without its temperature",
    "calibrated_ece": "calibration error of the head's most likely label with its temperature",
    "no_match_caught": "share of queries that are told that nothing is close, once all photos of their label are gone",
    "no_match_false_alarms": "share of queries that are told so although photos of their label are there",
    **_text_protocols(),
    **_degraded_protocols(),
}
"""What a figure means, by the end of its name; the longest ending that fits counts. Neighbours are exact, by cosine."""


def protocol(name: str) -> str:
    """What the figure `name` means; empty for a count.

    >>> protocol("colour_typed_p@10") == PROTOCOLS["typed_p@10"]
    True
    """
    ending = ending_of(name)
    return PROTOCOLS[ending] if ending else ""


def ending_of(name: str) -> str:
    """The longest ending in PROTOCOLS that fits the figure `name`; empty for a count.

    >>> ending_of("article_type_p@10")
    'p@10'
    """
    endings = [ending for ending in PROTOCOLS if name.endswith(ending)]
    return max(endings, key=len) if endings and name not in COUNTS else ""


def lower_is_better(name: str) -> bool:
    """Whether less of the figure `name` is more: true of calibration errors and false alarms."""
    return name.endswith(("_ece", "_false_alarms"))
