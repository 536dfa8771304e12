"""Runs the image tower: through OpenVINO on a CPU, through torch on a GPU."""

import logging
import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from services.arrays import FloatArray
from services.encoders.network import JointNetwork
from services.encoders.preprocess import PixelArray, Preprocessing
from services.precision import Precision

log = logging.getLogger(__name__)

CONVERTED = "image_tower.xml"

Seen: TypeAlias = tuple[FloatArray, FloatArray]
"""Features (B, F) of photos, which label heads may read, and their unit rows (B, D)."""

ImageRuntime: TypeAlias = Callable[[PixelArray], Seen]
"""Pixels (B, H, W, 3) -> what the network makes of them. Safe to call from several threads."""


class PixelTower(nn.Module):
    """The image tower with its normalisation in front, so that a runtime takes bytes and nothing can drift apart."""

    def __init__(self, network: JointNetwork, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self.mean = nn.Buffer(torch.tensor(preprocessing.mean).view(1, 3, 1, 1))
        self.scale = nn.Buffer(torch.tensor(preprocessing.scale).view(1, 3, 1, 1))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """`pixels` uint8 (B, H, W, 3) -> features (B, F) and unit rows (B, D)."""
        batch = pixels.permute(0, 3, 1, 2).float()  # (B, 3, H, W), channels last
        seen: tuple[Tensor, Tensor] = self.network((batch - self.mean) / self.scale)
        return seen


class LazyRuntime:
    """The runtime that suits the device, made at the first photo: it takes seconds, and words do not need it."""

    def __init__(
        self,
        network: JointNetwork,
        preprocessing: Preprocessing,
        device: torch.device,
        cache: Path | None = None,
        precision: Precision = "f32",
    ) -> None:
        self._parts = network, preprocessing, device, cache, precision
        self._lock = threading.Lock()
        self._runtime: ImageRuntime | None = None

    def __call__(self, pixels: PixelArray) -> Seen:
        """Embed one batch."""
        with self._lock:
            if self._runtime is None:
                self._runtime = image_runtime(*self._parts)
        return self._runtime(pixels)


def image_runtime(
    network: JointNetwork,
    preprocessing: Preprocessing,
    device: torch.device,
    cache: Path | None = None,
    precision: Precision = "f32",
) -> ImageRuntime:
    """The fastest way to run the image tower of `network`, in `precision`, on `device`.

    `cache` is a folder for these very weights, where a converted network is kept.
    """
    tower = PixelTower(network, preprocessing).eval()
    if device.type == "cpu":
        try:
            return OpenVinoRuntime(tower, preprocessing, cache, precision)
        except ImportError:
            log.warning("openvino is not installed; encoding with torch, several times slower on a CPU")
    return TorchRuntime(tower, device, precision)


def best_precision(device: torch.device) -> Precision:
    """bf16 where `image_runtime` is quicker with it on `device`: a CPU that has it. f32 elsewhere."""
    if device.type != "cpu":
        return "f32"
    try:
        import openvino
    except ImportError:
        return "f32"
    return "bf16" if _has_bf16(openvino.Core()) else "f32"


class TorchRuntime:
    """Eager torch: what the other runtimes must agree with."""

    def __init__(self, tower: PixelTower, device: torch.device, precision: Precision = "f32") -> None:
        self._tower, self._device, self._precision = tower.to(device), device, precision

    def __call__(self, pixels: PixelArray) -> Seen:
        """Embed one batch."""
        half = torch.autocast(self._device.type, torch.bfloat16, enabled=self._precision == "bf16")
        with torch.inference_mode(), half:
            features, rows = self._tower(torch.from_numpy(pixels).to(self._device))
        return features.float().cpu().numpy(), rows.float().cpu().numpy()


class OpenVinoRuntime:
    """OpenVINO. On two AVX2 cores about three times as fast as torch on batches, five times on one photo."""

    def __init__(
        self,
        tower: PixelTower,
        preprocessing: Preprocessing,
        cache: Path | None = None,
        precision: Precision = "f32",
    ) -> None:
        """Where the CPU lacks bf16, `precision` bf16 gives f32, and a warning: emulated it would be slower."""
        import openvino

        core = openvino.Core()
        if precision == "bf16" and not _has_bf16(core):
            log.warning("this CPU has no bf16; encoding in f32")
            precision = "f32"
        model = _cached(core, cache) or _converted(tower, preprocessing, cache)
        # LATENCY spreads one batch over all cores. Without the precision hint some CPUs would compute in bf16.
        hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        self._compiled = core.compile_model(model, "CPU", hints)
        self._requests = threading.local()  # a request serves one caller at a time

    def __call__(self, pixels: PixelArray) -> Seen:
        """Embed one batch."""
        request: Any = getattr(self._requests, "request", None)
        if request is None:
            request = self._requests.request = self._compiled.create_infer_request()
        # A copy: the request's own memory is overwritten by its next call.
        found = request.infer({0: pixels})
        return np.array(found[0], dtype=np.float32), np.array(found[1], dtype=np.float32)


def _has_bf16(core: Any) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _cached(core: Any, cache: Path | None) -> Any:
    """The network as an earlier process converted it; None where there is none that can be read."""
    if cache is None or not (cache / CONVERTED).is_file():
        return None
    try:
        return core.read_model(cache / CONVERTED)
    except RuntimeError as exc:
        log.warning("%s cannot be read, converting anew: %s", cache / CONVERTED, str(exc).splitlines()[0])
        shutil.rmtree(cache, ignore_errors=True)
        return None


def _converted(tower: PixelTower, preprocessing: Preprocessing, cache: Path | None) -> Any:
    """Convert the network, which takes seconds, and keep the result for the next process."""
    import openvino

    shape = [-1, preprocessing.height, preprocessing.width, 3]
    example = torch.zeros(1, *shape[1:], dtype=torch.uint8)
    with warnings.catch_warnings():
        # The converter traces with torch.jit, whose deprecation is OpenVINO's to deal with.
        warnings.simplefilter("ignore")
        model = openvino.convert_model(tower, example_input=example, input=[shape])
    if cache is not None:
        _keep(model, cache)
    return model


def _keep(model: Any, cache: Path) -> None:
    """Save the network aside, then move the folder into place: nobody ever reads half of one."""
    import openvino

    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as folder:
            openvino.save_model(model, Path(folder, "network") / CONVERTED, compress_to_fp16=False)
            Path(folder, "network").replace(cache)
    except (OSError, RuntimeError) as exc:  # a full disk, or another process was quicker
        log.info("the converted network is not kept: %s", exc)
