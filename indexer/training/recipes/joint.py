"""`joint`: label heads, metric learning and words in one space. The recipe behind the model that ships."""

import math
from dataclasses import dataclass
from pathlib import Path

from indexer.training.recipes.numbers import Recipe, number
from services.errors import InvalidRequest


@dataclass(frozen=True)
class Joint(Recipe):
    """Cross-entropy on every label field, a metric loss on the embedding, and image-text contrast."""

    epochs: float = number(12.0, "Passes over the photos.")
    weight_decay: float = number(0.05, "AdamW's, on matrices only.")
    # Progressive resizing nearly halves the cost of an epoch (Howard, DAWNBench 2018; Tan and Le, "EfficientNetV2",
    # ICML 2021); the last epochs see the full size.
    small_share: float = number(0.5, "Share of the epochs that see smaller photos.")
    ema: float = number(
        0.999, "Decay of the moving average of the weights that is kept as the model; 0 keeps the last."
    )
    erase: float = number(0.15, "Share of photos with a rectangle hidden.")
    # The fields that people search by weigh more than those that follow from them.
    strong_fields: str = number(
        "article_type,base_colour,category", "Label fields of weight 1; others weigh `weak_weight`."
    )
    weak_weight: float = number(0.5, "Loss weight of the other label fields.")
    label_weight: float = number(1.0, "Factor on the weights of all label fields.")
    label_smoothing: float = number(0.05, "Share of the target that is spread over all classes.")
    # Neighbours of one kind and one colour are what people call alike. Cross-entropy alone leaves a class spread out.
    metric_weight: float = number(0.5, "Loss weight of the supervised contrastive term, for each strong field.")
    metric_temperature: float = number(0.1, "Its temperature.")
    contrastive_weight: float = number(1.0, "Loss weight between photos and words.")
    # What several models agree on is worth more than a label, which may be wrong and tells of no second choice (Hinton
    # et al., "Distilling the Knowledge in a Neural Network", 2015). Of two photos blended into one nobody has learned
    # the answer by heart, neither the teachers nor this network, and that is where a model is best copied (Beyer et
    # al., "Knowledge Distillation: A Good Teacher Is Patient and Consistent", CVPR 2022).
    teachers: str = number("", "Folders of bundles to learn from as well, separated by commas.")
    teacher_weight: float = number(1.0, "Factor on the weights of what teachers say of a photo's labels.")
    relation_weight: float = number(1.0, "Loss weight of how alike teachers find the photos.")
    alike_fields: str = number(
        "", "Label fields by which teachers find photos alike, each with `:weight` behind it or 1; empty: the strong."
    )
    blend: float = number(0.0, "Share of photos that are blended with another, for teachers alone to tell.")
    # Shoppers type phrases, catalogues hold titles: the text tower must know both.
    phrases: float = number(0.3, "Share of captions that are phrases made of labels instead of titles.")
    word_dropout: float = number(0.15, "Share of a title's words that half of the captions lose.")
    typos: float = number(0.05, "Share of words that are misspelt.")
    text_width: int = number(192, "Width of the text tower.")
    min_word_count: int = number(2, "Rarer words have no row of their own, only their n-grams.")
    ngram_buckets: int = number(8192, "Rows that all character n-grams share.")
    # Afterwards the backbone is locked, and what is above it sees its features in large batches: retrieval by words
    # needs many wrong answers to tell apart.
    refine_epochs: float = number(0.0, "Passes over the features once the backbone is locked; 0 leaves it at that.")
    refine_views: int = number(3, "Augmented views of each photo whose features are kept.")
    refine_batch_size: int = number(2048, "Features a step.")
    refine_lr: float = number(2e-3, "Highest learning rate.")
    refine_label_weight: float = number(1.0, "Factor on the weights of all label fields then; 0 leaves their heads.")
    refine_metric_weight: float = number(1.0, "Loss weight of the supervised contrastive term then.")
    refine_contrastive_weight: float = number(1.0, "Loss weight between photos and words then.")
    # Between the weights before and after lies a model that is often better than both (Wortsman et al., "Robust
    # Fine-Tuning of Zero-Shot Models", CVPR 2022).
    refine_share: float = number(1.0, "Share of the refined weights in those that are kept; the rest are as before.")

    @property
    def strong(self) -> tuple[str, ...]:
        """The names in `strong_fields`."""
        return tuple(name.strip() for name in self.strong_fields.split(",") if name.strip())

    @property
    def teacher_folders(self) -> tuple[Path, ...]:
        """The folders in `teachers`."""
        return tuple(Path(name.strip()) for name in self.teachers.split(",") if name.strip())

    @property
    def alike(self) -> dict[str, float]:
        """The fields in `alike_fields`, and their weights. Raises InvalidRequest for a weight that is none."""
        found = {}
        for part in self.alike_fields.split(","):
            name, _, weight = part.strip().partition(":")
            if name:
                found[name] = _weight(weight or "1", name)
        return found or dict.fromkeys(self.strong, 1.0)

    def field_weight(self, name: str) -> float:
        """What the label field `name` weighs beside others."""
        return 1.0 if name in self.strong else self.weak_weight

    def __post_init__(self) -> None:
        """Raise InvalidRequest for a number that no training can run with."""
        super().__post_init__()
        _ = self.alike
        if not 0 <= self.refine_share <= 1:
            raise InvalidRequest(f"refine_share {self.refine_share}: must lie between 0 and 1")
        if not 0 <= self.blend < 1:
            raise InvalidRequest(f"blend {self.blend}: must be 0 or more, and less than 1")
        if self.blend and not self.teacher_folders:
            raise InvalidRequest("blend needs teachers: nobody else can tell what a blended photo shows")


def _weight(text: str, name: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise InvalidRequest(f"alike_fields: {name} weighs {text!r}, which is no number from 0 up")
    return weight
