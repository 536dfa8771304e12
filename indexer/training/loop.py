"""The training loop: Lightning's, with a moving average, early stopping, logs, and a checkpoint after each epoch."""

import logging
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from indexer.training.batches import Batch, Batches
from indexer.training.memory import keep_freed_memory
from indexer.training.module import SCORE, Score, TrainingModule
from indexer.training.objectives import Objective
from indexer.training.photos import Report
from indexer.training.progress import ProgressReport
from indexer.training.recipes import Recipe
from services.errors import InvalidRequest, ModelError

CHECKPOINT = "last.ckpt"
LOG_EVERY = 10
"""Steps between two lines of the logs."""
PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}


@dataclass(frozen=True)
class Run:
    """What a training run works on, and where: `folder` holds its checkpoint and logs."""

    recipe: Recipe
    source: Batches
    folder: Path
    report: Report
    score: Score | None = None


def fit(objective: Objective, run: Run) -> None:
    """Train the objective's network in place, on a GPU where there is one.

    A run that was killed goes on from its last whole epoch: same folder, same recipe. Raises ModelError when the
    folder's checkpoint is another run's.
    """
    for noisy in ("pytorch_lightning", "lightning.pytorch"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    keep_freed_memory()
    recipe, per_epoch = run.recipe, run.source.steps_per_epoch
    batches = max(1, round(recipe.epochs * per_epoch))
    steps = max(1, batches // recipe.accumulate)
    module = TrainingModule(objective, recipe, steps, run.score)
    found = _checkpoint(run)
    if found is not None and int(found["global_step"]) >= steps:
        # Killed after its last step. Lightning would go on with the newest weights, not with their average.
        module.load_state_dict(found["state_dict"])
        return
    run.folder.mkdir(parents=True, exist_ok=True)
    trainer = lightning.Trainer(
        max_steps=steps,
        max_epochs=-1,
        accumulate_grad_batches=recipe.accumulate,
        gradient_clip_val=recipe.clip_norm,
        precision=precision(recipe.precision),
        accelerator="gpu" if torch.cuda.is_available() else "cpu",
        devices=1,
        callbacks=_callbacks(run, steps),
        logger=_loggers(run.folder),
        log_every_n_steps=LOG_EVERY,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with warnings.catch_warnings():
        # A run that goes on finds its folder full, and is meant to.
        warnings.filterwarnings("ignore", "Checkpoint directory .* exists")
        warnings.filterwarnings("ignore", "The dirpath has changed")  # the folder was moved meanwhile
        warnings.filterwarnings("ignore", ".*smaller than the logging interval")
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)`")  # Lightning's to deal with
        trainer.fit(
            module,
            datamodule=Epochs(run.source, batches / per_epoch),
            ckpt_path=None if found is None else run.folder / CHECKPOINT,
        )


def precision(name: str) -> Any:
    """Lightning's name of a recipe's precision. Raises InvalidRequest for one that is not known.

    On a CPU bf16 is slower where it matters: measured on MobileNetV2, 0.7 of the speed of single precision.
    """
    if name == "auto":
        name = "bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "32"
    if name not in PRECISIONS:
        raise InvalidRequest(f"precision {name!r}: allowed are auto, {', '.join(PRECISIONS)}")
    return PRECISIONS[name]


class Epochs(lightning.LightningDataModule):
    """Hands Lightning a fresh series of batches each epoch, small photos first."""

    def __init__(self, source: Batches, epochs: float) -> None:
        super().__init__()
        self._source, self._epochs = source, epochs

    def train_dataloader(self) -> Iterable[Batch]:
        """The batches of the epoch that comes next."""
        number = self.trainer.current_epoch if self.trainer else 0
        # Dropout and mixup draw from torch's own generator: a run that goes on must draw what it would have drawn.
        torch.manual_seed(self._source.recipe.seed * 100_003 + number)
        return self._source.epoch(number, small=number < math.floor(self._source.recipe.small_share * self._epochs))

    def val_dataloader(self) -> list[int]:
        """One empty batch: measuring takes place when the validation epoch ends."""
        return [0]


def _loggers(folder: Path) -> list[Any]:
    """A CSV file and TensorBoard's, in one folder of `logs`; a run that goes on starts another beside it."""
    table = CSVLogger(folder, "logs", flush_logs_every_n_steps=10 * LOG_EVERY)
    return [table, TensorBoardLogger(folder, "logs", table.version)]


def _callbacks(run: Run, steps: int) -> list[lightning.Callback]:
    recipe = run.recipe
    found: list[lightning.Callback] = [ProgressReport(run.report, steps)]
    if recipe.ema:
        # Not from the first step: an average that still remembers the start is worse than none.
        found.append(EMAWeightAveraging(decay=recipe.ema, update_starting_at_step=steps // 4))
    if recipe.patience and run.score is not None:
        found.append(EarlyStopping(SCORE, mode="max", patience=recipe.patience))
    found.append(RecipeCheckpoint(run))
    return found


class RecipeCheckpoint(ModelCheckpoint):
    """Keeps the newest epoch's state, written aside and moved into place, with what it belongs to."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.folder, filename="last", enable_version_counter=False, save_on_train_epoch_end=True)
        self._belongs_to = belongs_to(run)

    def on_save_checkpoint(self, trainer: Any, module: Any, checkpoint: dict[str, Any]) -> None:
        """Name the run."""
        checkpoint["belongs_to"] = self._belongs_to


def belongs_to(run: Run) -> dict[str, Any]:
    """What must be equal for a checkpoint to go on from."""
    return {"recipe": type(run.recipe).__name__, "photos": len(run.source.photos), **asdict(run.recipe)}


def _checkpoint(run: Run) -> Mapping[str, Any] | None:
    """What the run left when it was killed, if it was. Raises ModelError for another run's, and a damaged one."""
    path = run.folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        found: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (OSError, RuntimeError, EOFError) as exc:
        raise ModelError(f"{path}: not a readable checkpoint; remove it to start anew") from exc
    if found.get("belongs_to") != belongs_to(run):
        raise ModelError(f"{path}: of a run with other numbers or other photos; remove it, or choose another folder")
    run.report("going on from the last checkpoint", int(found["global_step"]), 0)
    return found
