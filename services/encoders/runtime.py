"""Runs the image tower: through OpenVINO on a CPU, through torch on a GPU."""

import logging
import threading
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from services.arrays import FloatArray
from services.encoders.network import JointNetwork
from services.encoders.preprocess import PixelArray, Preprocessing

log = logging.getLogger(__name__)

ImageRuntime: TypeAlias = Callable[[PixelArray], FloatArray]
"""Pixels (B, H, W, 3) -> unit rows (B, D). Safe to call from several threads."""


class PixelTower(nn.Module):
    """The image tower with its normalisation in front, so that a runtime takes bytes and nothing can drift apart."""

    def __init__(self, network: JointNetwork, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network, self.mean, self.scale = network, preprocessing.mean, preprocessing.scale

    def forward(self, pixels: Tensor) -> Tensor:
        """`pixels` uint8 (B, H, W, 3) -> unit rows (B, D)."""
        batch = pixels.permute(0, 3, 1, 2).float()  # (B, 3, H, W), channels last
        return self.network.embed_images((batch - self.mean) / self.scale)  # (B, D)


class LazyRuntime:
    """The runtime that suits the device, made at the first photo: it takes seconds, and words do not need it."""

    def __init__(self, network: JointNetwork, preprocessing: Preprocessing, device: torch.device) -> None:
        self._parts = network, preprocessing, device
        self._lock = threading.Lock()
        self._runtime: ImageRuntime | None = None

    def __call__(self, pixels: PixelArray) -> FloatArray:
        """Embed one batch."""
        with self._lock:
            if self._runtime is None:
                self._runtime = image_runtime(*self._parts)
        return self._runtime(pixels)


def image_runtime(network: JointNetwork, preprocessing: Preprocessing, device: torch.device) -> ImageRuntime:
    """The fastest way to run the image tower of `network`, in single precision, on `device`."""
    tower = PixelTower(network, preprocessing).eval()
    if device.type == "cpu":
        try:
            return OpenVinoRuntime(tower, preprocessing)
        except ImportError:
            log.warning("openvino is not installed; encoding with torch, several times slower on a CPU")
    return TorchRuntime(tower, device)


class TorchRuntime:
    """Eager torch: what the other runtimes must agree with."""

    def __init__(self, tower: PixelTower, device: torch.device) -> None:
        self._tower, self._device = tower, device

    def __call__(self, pixels: PixelArray) -> FloatArray:
        """Embed one batch."""
        with torch.inference_mode():
            rows: FloatArray = self._tower(torch.from_numpy(pixels).to(self._device)).cpu().numpy()
        return rows


class OpenVinoRuntime:
    """OpenVINO in f32. On two AVX2 cores about three times as fast as torch on batches, five times on one photo."""

    def __init__(self, tower: PixelTower, preprocessing: Preprocessing) -> None:
        import openvino

        example = torch.zeros(1, preprocessing.height, preprocessing.width, 3, dtype=torch.uint8)
        with warnings.catch_warnings():
            # The converter traces with torch.jit, whose deprecation is OpenVINO's to deal with.
            warnings.simplefilter("ignore")
            shape = [-1, preprocessing.height, preprocessing.width, 3]
            model = openvino.convert_model(tower, example_input=example, input=[shape])
        # LATENCY spreads one batch over all cores. Without the precision hint some CPUs would compute in bf16.
        hints = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        self._compiled = openvino.Core().compile_model(model, "CPU", hints)
        self._requests = threading.local()  # a request serves one caller at a time

    def __call__(self, pixels: PixelArray) -> FloatArray:
        """Embed one batch."""
        request: Any = getattr(self._requests, "request", None)
        if request is None:
            request = self._requests.request = self._compiled.create_infer_request()
        # A copy: the request's own memory is overwritten by its next call.
        return np.array(request.infer({0: pixels})[0], dtype=np.float32)
