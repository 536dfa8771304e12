"""`clip`: fine-tune both towers of an open_clip model on a catalogue's photos and titles.

CLIP's symmetric contrastive loss (Radford et al., ICML 2021), with small learning rates: the weights hold far
more than a catalogue can teach, and large steps forget it (Dong et al., "CLIP Itself is a Strong Fine-tuner", 2022).
"""

from dataclasses import dataclass

from indexer.training.recipes.numbers import Recipe, number


@dataclass(frozen=True)
class Clip(Recipe):
    """Image-text contrast on the model's own preprocessing and tokenizer."""

    backbone: str = number("ViT-B-32", "open_clip's name of the architecture.")
    start: str = number("openai", "Start weights: a tag that open_clip knows, a file's path, or `scratch`.")
    height: int = number(0, "Input height; 0 is the model's own, and no other is possible.")
    width: int = number(0, "Input width; 0 is the model's own, and no other is possible.")
    dimensions: int = number(0, "Length of an embedding; 0 is the model's own, and no other is possible.")
    epochs: float = number(3.0, "Passes over the photos.")
    batch_size: int = number(64, "Photos a step.")
    backbone_lr: float = number(1e-5, "Highest learning rate of both towers.")
    head_lr: float = number(1e-5, "Highest learning rate of the temperature.")
    weight_decay: float = number(0.1, "AdamW's, on matrices only.")
    phrases: float = number(0.3, "Share of captions that are phrases made of labels instead of titles.")
    word_dropout: float = number(0.0, "Share of a title's words that half of the captions lose.")
    typos: float = number(0.0, "Share of words that are misspelt.")
