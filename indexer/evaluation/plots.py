"""Plots of the report, as SVG pictures in data URIs. They use matplotlib's objects, and none of its global state."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from indexer.evaluation.calibration import Bin
from indexer.evaluation.classes import ClassFigures
from indexer.evaluation.compare import ClassChange, Difference
from indexer.evaluation.sheet import ACCENT, INK, MUTED

SECOND, RULE, CLOTH = "#2f6f73", "#d9d5cc", "#e9d5c8"
HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#f0cdb8", ACCENT, "#5a2410"])
STYLE: Any = {  # matplotlib's own type for it lists every key there is
    "font.size": 9,
    "text.parse_math": False,  # a label may hold a dollar sign
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "svg.hashsalt": "lookalike",  # the same plot has the same bytes
}
LONGEST_LABEL = 24


def heat_map(labels: Sequence[str], shares: npt.NDArray[np.float64]) -> str:
    """Draw a confusion matrix (C, C) of shares of each row; those of 5 % or more have their percentage in them."""
    with mpl.rc_context(STYLE):
        side = 1.9 + 0.31 * len(labels)
        figure, axes = _canvas(side + 0.3, side)
        axes.imshow(shares, cmap=HEAT, vmin=0, vmax=1, aspect="equal")
        names = [_short(label) for label in labels]
        axes.set_xticks(range(len(labels)), names, rotation=55, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(labels)), names)
        axes.tick_params(length=0)
        axes.set_xlabel("most likely label")
        axes.set_ylabel("catalogue's label")
        for row, column in np.argwhere(shares >= 0.05):
            shade = "white" if shares[row, column] > 0.45 else INK
            axes.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=shade, size=7)
        for side_name in ("left", "bottom"):
            axes.spines[side_name].set_visible(False)
        return _svg(figure)


def reliability_plot(bins: Sequence[Bin]) -> str:
    """Draw the share of right labels by their probability; on the diagonal they keep their promise."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(4.4, 4.0)
        most = max(row.count for row in bins)
        axes.bar(
            [row.confidence for row in bins],
            [0.3 * row.count / most for row in bins],
            width=0.045,
            color=CLOTH,
            zorder=1,
        )
        axes.plot([0, 1], [0, 1], color=RULE, lw=1.2, ls="--", zorder=2)
        axes.plot(
            [row.confidence for row in bins], [row.accuracy for row in bins], color=ACCENT, marker="o", ms=4, zorder=3
        )
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="probability of the most likely label", ylabel="share right")
        axes.text(0.02, 0.97, "columns: how many photos", color=MUTED, size=7.5, va="top", transform=axes.transAxes)
        return _svg(figure)


def long_tail(classes: Sequence[ClassFigures]) -> str:
    """Draw F1 of every class, the largest first, over the number of its photos on a logarithmic scale."""
    with mpl.rc_context(STYLE):
        figure, (above, below) = _canvases(min(9.5, 4 + 0.18 * len(classes)), 3.9, (3, 1.1))
        places = np.arange(len(classes))
        above.bar(places, [row.f1 for row in classes], color=ACCENT, width=0.82)
        above.bar(places, [1 - row.f1 for row in classes], bottom=[row.f1 for row in classes], color=CLOTH, width=0.82)
        above.set(ylim=(0, 1), ylabel="F1", xlim=(-0.7, len(classes) - 0.3))
        below.bar(places, [row.support for row in classes], color=MUTED, width=0.82)
        below.set_yscale("log")
        below.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))  # the usual one writes powers as formulas
        below.yaxis.set_minor_formatter(NullFormatter())
        below.set(ylabel="photos")
        step = max(1, -(-len(classes) // 45))
        below.set_xticks(
            places[::step], [_short(row.label) for row in classes][::step], rotation=60, ha="right", size=7
        )
        below.tick_params(axis="x", length=0)
        return _svg(figure)


def grouped_bars(groups: Mapping[str, Mapping[str, float]]) -> str:
    """Draw a group of bars from 0 to 1 for each of `groups`, a colour for each name within; a group may lack some."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(9.5, 3.4)
        names = list(dict.fromkeys(name for values in groups.values() for name in values))
        width = 0.8 / max(1, len(names))
        colours = [ACCENT, SECOND, "#c9a227", "#6b5876", MUTED, "#8fa88b"]
        for number, name in enumerate(names):
            bars = [
                (place + (number - (len(names) - 1) / 2) * width, values[name])
                for place, values in enumerate(groups.values())
                if name in values
            ]
            places, heights = [place for place, _ in bars], [height for _, height in bars]
            axes.bar(places, heights, width=0.92 * width, color=colours[number % len(colours)], label=name)
            for place, height in bars:
                axes.text(place, height + 0.01, f"{100 * height:.0f}", ha="center", size=6.5, color=MUTED)
        axes.set_xticks(range(len(groups)), list(groups))
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(0, 1.06)
        axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8)
        return _svg(figure)


def forest(differences: Sequence[Difference]) -> str:
    """Draw the change of every figure from the first model to the second, with its interval where it has one."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(7.6, 0.8 + 0.25 * len(differences))
        for place, row in enumerate(reversed(differences)):
            colour = {"first": ACCENT, "second": SECOND}.get(row.winner, MUTED)
            if row.low is not None and row.high is not None:
                axes.plot([100 * row.low, 100 * row.high], [place, place], color=colour, lw=2.2, solid_capstyle="round")
            axes.plot(100 * row.change, place, marker="o", ms=5, color=colour, mfc="white", mew=1.6)
        axes.axvline(0, color=INK, lw=0.8)
        axes.set_yticks(range(len(differences)), [row.name for row in reversed(differences)], size=8)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=RULE, lw=0.5)
        axes.set(xlabel="change from the first to the second, in points", ylim=(-0.7, len(differences) - 0.3))
        return _svg(figure)


def class_dumbbells(changes: Sequence[ClassChange]) -> str:
    """Draw F1 of each class by both models, joined by a line."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(7.6, 0.9 + 0.25 * len(changes))
        for place, row in enumerate(reversed(changes)):
            colour = SECOND if row.second > row.first else ACCENT
            axes.plot([row.first, row.second], [place, place], color=colour, lw=2, alpha=0.5)
            axes.plot(row.first, place, "o", ms=5, color=ACCENT)
            axes.plot(row.second, place, "o", ms=5, color=SECOND)
        names = [f"{_short(row.label)} ({row.support})" for row in reversed(changes)]
        axes.set_yticks(range(len(changes)), names, size=8)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=RULE, lw=0.5)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.7, len(changes) - 0.3), xlabel="F1")
        return _svg(figure)


def histogram(shares: Sequence[float]) -> str:
    """Draw how many rows have which share of ten neighbours in common."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(7.6, 2.4)
        counts = np.bincount(np.rint(10 * np.asarray(shares)).astype(int), minlength=11)
        axes.bar(range(11), counts, color=SECOND, width=0.85)
        axes.set_xticks(range(11))
        axes.set(xlabel="neighbours in common, of ten", ylabel="photos")
        return _svg(figure)


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of `width` by `height` inches with one plot in it."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _canvases(width: float, height: float, ratios: tuple[float, float]) -> tuple[Figure, tuple[Axes, Axes]]:
    """A figure with two plots, one above the other, that share their horizontal axis."""
    figure = Figure(figsize=(width, height), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=ratios)
    return figure, (above, below)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _svg(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
