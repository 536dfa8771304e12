"""`joint`: label heads, metric learning and words in one space. The recipe behind the model that ships."""

from dataclasses import dataclass

from indexer.training.recipes.numbers import Recipe, number


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
    label_smoothing: float = number(0.05, "Share of the target that is spread over all classes.")
    # Neighbours of one kind and one colour are what people call alike. Cross-entropy alone leaves a class spread out.
    metric_weight: float = number(0.5, "Loss weight of the supervised contrastive term, for each strong field.")
    metric_temperature: float = number(0.1, "Its temperature.")
    contrastive_weight: float = number(1.0, "Loss weight between photos and words.")
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
    refine_metric_weight: float = number(1.0, "Loss weight of the supervised contrastive term then.")
    refine_contrastive_weight: float = number(1.0, "Loss weight between photos and words then.")

    @property
    def strong(self) -> tuple[str, ...]:
        """The names in `strong_fields`."""
        return tuple(name.strip() for name in self.strong_fields.split(",") if name.strip())
