"""The model card that is written beside a bundle's weights."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from indexer.evaluation.protocols import PROTOCOLS, ending_of
from indexer.training.provenance import NOT_RECORDED
from services.encoders.bundle import Bundle
from services.encoders.open_clip_bundle import OpenClipBundle

Facts: TypeAlias = Mapping[str, Any]


def model_card(bundle: Bundle | OpenClipBundle) -> str:
    """A card in Markdown made of the bundle's own facts, so that it cannot disagree with them."""
    title = f"# {bundle.info.name}, version {bundle.info.version}"
    facts = (section(bundle.facts) for section in (_data, _recipe, _metrics, _limits))
    return "\n\n".join([title, _what(bundle), _use(bundle), *facts]) + "\n"


def _what(bundle: Bundle | OpenClipBundle) -> str:
    if isinstance(bundle, OpenClipBundle):
        return _what_open_clip(bundle)
    shape, sees = bundle.architecture, bundle.preprocessing
    words = "photos and short texts" if bundle.tokenizer else "photos"
    text = "none"
    if bundle.tokenizer:
        text = f"bag of {len(bundle.tokenizer.vocabulary):,} words and {bundle.tokenizer.buckets:,} n-gram buckets"
    heads = ", ".join(f"`{field}` ({len(labels)})" for field, labels in bundle.labels.items())
    rows = [
        ("image tower", f"{shape.backbone}, input {sees.width}x{sees.height} (width x height), letterboxed on white"),
        ("text tower", text),
        ("embedding", f"{shape.dimensions} dimensions, unit length"),
        ("label heads (classes)", heads or "none"),
        ("weights", f"half precision, SHA-256 `{bundle.info.fingerprint}`"),
    ]
    intro = f"An encoder for fashion catalogues: it places {words} in one space, where the cosine is the likeness."
    return f"## What it is\n\n{intro}\n\n{_table(('part', 'value'), rows)}"


def _what_open_clip(bundle: OpenClipBundle) -> str:
    rows = [
        ("both towers", f"open_clip's {bundle.architecture}{', with QuickGELU' if bundle.quick_gelu else ''}"),
        ("embedding", f"{bundle.info.dimensions} dimensions, unit length"),
        ("weights", f"half precision, SHA-256 `{bundle.info.fingerprint}`"),
    ]
    intro = (
        "An encoder for fashion catalogues: it places photos and texts in one space, where the cosine is the likeness."
    )
    return f"## What it is\n\n{intro}\n\n{_table(('part', 'value'), rows)}"


def _use(bundle: Bundle | OpenClipBundle) -> str:
    has_words = isinstance(bundle, OpenClipBundle) or bundle.tokenizer is not None
    has_labels = isinstance(bundle, Bundle) and bool(bundle.labels)
    uses = ["finding look-alikes of a garment by photo"]
    uses += ["finding garments by a few words, alone or together with a photo"] if has_words else []
    uses += ["proposing catalogue labels, for a person to confirm"] if has_labels else []
    return (
        f"## Intended use\n\n{_bullets(uses)}\n\nIt is not made to recognise people, to judge who somebody is by "
        "what they wear, or to tell a genuine article from a copy."
    )


def _data(facts: Facts) -> str:
    trained, licence = facts.get("trained_on", {}), facts.get("licence", {})
    rows = [
        ("trained on", f"{trained.get('table', NOT_RECORDED)}, split `{trained.get('split', '?')}`"),
        ("rows with a readable photo", f"{trained['rows']:,}" if "rows" in trained else NOT_RECORDED),
        ("started from", str(facts.get("started_from", NOT_RECORDED))),
        ("licence of the training data", licence.get("training_data", NOT_RECORDED)),
        ("licence of the starting weights", licence.get("starting_weights", NOT_RECORDED)),
        ("licence of these weights", licence.get("weights", NOT_RECORDED)),
    ]
    return f"## Training data and licences\n\n{_table(('fact', 'value'), rows)}"


def _recipe(facts: Facts) -> str:
    """How it was trained, and before that the model that it started from."""
    steps: list[Facts] = [facts]
    while steps[-1].get("before"):
        steps.append(steps[-1]["before"])
    told = [_step(step, f"### First, {step['model']}" if "model" in step else "") for step in reversed(steps)]
    if len(steps) > 1:
        told[-1] = "### Then, this model\n\n" + told[-1]
    return "\n\n".join(["## Recipe", "Paths are shown from their last folder on.", *told, *_teachers(steps)])


def _teachers(steps: Sequence[Facts]) -> list[str]:
    """The commands that train again what taught this model, and is not among the `steps` that led to it."""
    shown, told = {step.get("model") for step in steps}, []
    waiting = [(teacher, "a teacher") for step in steps for teacher in step.get("taught_by", ())]
    while waiting:
        facts, role = waiting.pop(0)
        if facts["model"] in shown:
            continue
        shown.add(facts["model"])
        told.append(f"### {facts['model']}, {role}\n\n" + _again(facts))
        waiting += [(each, "a teacher") for each in facts.get("taught_by", ())]
        waiting += [(facts["before"], "a teacher's start")] if facts.get("before") else []
    return told


def _step(facts: Facts, heading: str) -> str:
    numbers = [(f"`{name}`", _number(value)) for name, value in facts.get("hyperparameters", {}).items()]
    parts = [heading, _again(facts), _table(("hyperparameter", "value"), numbers)]
    return "\n\n".join(part for part in parts if part)


def _again(facts: Facts) -> str:
    """The command that trains it again, and how long that took."""
    command = facts.get("command")
    again = f"```\n{command}\n```" if command else _FROM_PYTHON
    machine = f" on {facts['machine']}" if "machine" in facts else ""
    took = f" Training took {facts['minutes']} minutes{machine}." if "minutes" in facts else ""
    return f"Recipe `{facts.get('recipe', NOT_RECORDED)}`.{took} To train it again:\n\n{again}"


_FROM_PYTHON = "call `indexer.training.run.train` with the hyperparameters below."


def _metrics(facts: Facts) -> str:
    measured: Mapping[str, Mapping[str, Any]] = facts.get("metrics", {})
    if not measured:
        return "## Metrics\n\nNot measured yet: `lookalike evaluate` does it."
    names = list(dict.fromkeys(name for figures in measured.values() for name in figures))
    rows = [(f"`{name}`", *(_figure(figures.get(name)) for figures in measured.values())) for name in names]
    used = dict.fromkeys(ending for ending in map(ending_of, names) if ending)
    return (
        f"## Metrics\n\n{_table(('figure', *(f'`{split}`' for split in measured)), rows)}\n\n"
        "Neighbours are exact, by cosine, and the gallery is the split itself. Rows without a label are left out of "
        "that label's figures, a label never seen in training counts as wrong, and titles equal but for case, "
        "spacing and punctuation are one title.\n\n"
        f"{_bullets([f'`{ending}`: {PROTOCOLS[ending]}' for ending in used])}"
    )


def _limits(facts: Facts) -> str:
    return f"## What it is bad at\n\n{_bullets(facts.get('limits', [])) or NOT_RECORDED}"


def _figure(value: float | int | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _number(value: object) -> str:
    return ", ".join(f"{name} {part}" for name, part in value.items()) if isinstance(value, dict) else str(value)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell would end it early."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
