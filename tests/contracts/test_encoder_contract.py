"""One suite that every encoder passes: what indexing and search rely on, whatever the model is made of."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from services.encoders import Classifier, Encoder, TextEncoder, load_encoder
from services.encoders.bundle import Bundle, write_bundle
from services.encoders.load import SHIPPED
from services.encoders.network import EMBEDDING, FEATURES, Architecture, JointNetwork
from services.encoders.open_clip_bundle import OpenClipBundle, sight_of, write_open_clip_bundle
from services.encoders.preprocess import Preprocessing
from services.encoders.protocol import ModelInfo
from services.encoders.tokenizer import Tokenizer

LABELS = {"kind": ["dress", "belt", "shoe"]}
TOKENIZER = Tokenizer(("red", "blue", "dress", "belt"), buckets=32)
TINY_CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
TEXTS = ["red dress", "", "blue belt, 100% leather", "नीली साड़ी", "x" * 5000, "🧥", "\ud800", "red dress"]


def tiny_bundle(folder: Path, text: bool, heads_read: str = EMBEDDING) -> Encoder:
    """A MobileNetV2 with random weights, its batch norms calibrated: without that, all pictures look alike to it."""
    torch.manual_seed(3)
    sees = Preprocessing(48, 32)
    rows = TOKENIZER.rows if text else 0
    network = JointNetwork(
        Architecture(dimensions=24, text_rows=rows, text_width=16, heads={"kind": 3}, heads_read=heads_read)
    )
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the plain average of what it sees
    with torch.no_grad():
        pixels = torch.from_numpy(sees.batch([drawn(i) for i in range(32)])).permute(0, 3, 1, 2)
        mean, scale = (torch.tensor(part).view(1, 3, 1, 1) for part in (sees.mean, sees.scale))
        network.train().embed_images((pixels.float() - mean) / scale)
    bundle = Bundle(ModelInfo("tiny", "1", "", 24), network.architecture, sees, LABELS, TOKENIZER if text else None)
    write_bundle(folder, bundle, network.state_dict(), lambda written: f"# {written.info.name}\n")
    return load_encoder(str(folder))


def joint_bundle(folder: Path) -> Encoder:
    return tiny_bundle(folder, text=True, heads_read=FEATURES)


def vision_bundle(folder: Path) -> Encoder:
    return tiny_bundle(folder, text=False)


def tiny_clip(folder: Path) -> torch.nn.Module:
    """A vision transformer with random weights, of an architecture that open_clip learns from a file."""
    (folder / "lookalike-tiny.json").write_text(json.dumps(TINY_CLIP), "utf-8")
    open_clip.add_model_config(folder / "lookalike-tiny.json")
    torch.manual_seed(3)
    network: torch.nn.Module = open_clip.create_model("lookalike-tiny")
    return network


def open_clip_file(folder: Path) -> Encoder:
    save_file(tiny_clip(folder).state_dict(), folder / "tiny.safetensors")
    return load_encoder(f"open_clip:lookalike-tiny:{folder / 'tiny.safetensors'}")


def open_clip_bundle(folder: Path) -> Encoder:
    network = tiny_clip(folder)
    bundle = OpenClipBundle(ModelInfo("tiny-clip", "1", "", 16), "lookalike-tiny", False, sight_of(network))
    write_open_clip_bundle(folder, bundle, network.state_dict(), lambda written: f"# {written.info.name}\n")
    return load_encoder(str(folder))


def shipped_bundle(folder: Path) -> Encoder:
    if not SHIPPED.is_dir():
        pytest.skip("no bundle ships with this checkout")
    return load_encoder()


OPENERS = (joint_bundle, vision_bundle, open_clip_file, open_clip_bundle, shipped_bundle)


@pytest.fixture(scope="module", params=OPENERS, ids=lambda opener: opener.__name__)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    opener: Callable[[Path], Encoder] = request.param
    return opener(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small spend longer sharing work among threads than doing it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def text_encoder(encoder: Encoder) -> TextEncoder:
    if not isinstance(encoder, TextEncoder):
        pytest.skip("this encoder has no text tower")
    return encoder


def drawn(index: int, size: tuple[int, int] = (60, 80)) -> Image.Image:
    """A picture unlike the others: a shape of its own place, size and colour."""
    image = Image.new("RGB", size, "white")
    chance = np.random.default_rng(index)
    left, top = (int(x) for x in chance.integers(0, [size[0] // 2, size[1] // 2]))
    colour = tuple(int(x) for x in chance.integers(0, 220, 3))
    box = (left, top, left + size[0] // 2, top + size[1] // 2)
    (ImageDraw.Draw(image).ellipse if index % 2 else ImageDraw.Draw(image).rectangle)(box, fill=colour)
    return image


def test_it_says_who_it_is(encoder: Encoder) -> None:
    model = encoder.model
    assert model.name
    assert model.version
    assert len(bytes.fromhex(model.fingerprint)) == 32
    assert model.key == f"{model.name}@{model.version}+{model.fingerprint[:8]}"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_images_become_unit_float32_rows(encoder: Encoder, count: int) -> None:
    rows = encoder.encode_images([drawn(i) for i in range(count)])
    assert rows.shape == (count, encoder.model.dimensions)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(count), abs=1e-5)


def test_texts_become_unit_float32_rows_of_the_same_space(text_encoder: TextEncoder) -> None:
    rows = text_encoder.encode_texts(TEXTS)
    assert rows.shape == (len(TEXTS), text_encoder.model.dimensions)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert rows[0] == pytest.approx(rows[-1], abs=1e-5)
    assert text_encoder.encode_texts([]).shape == (0, text_encoder.model.dimensions)


def test_rows_keep_the_order_and_do_not_depend_on_their_batch(encoder: Encoder) -> None:
    images = [drawn(i) for i in range(66)]  # more than one inner batch of any encoder
    together = encoder.encode_images(images)
    alone = np.concatenate([encoder.encode_images([images[i]]) for i in (0, 33, 65)])
    assert together[[0, 33, 65]] == pytest.approx(alone, abs=1e-4)
    assert encoder.encode_images(images[::-1]) == pytest.approx(together[::-1], abs=1e-4)
    # The rows differ by more than that tolerance, or the two lines above would prove nothing.
    assert np.abs(together[0] - together[65]).max() > 1e-2


def test_texts_keep_the_order_and_do_not_depend_on_their_batch(text_encoder: TextEncoder) -> None:
    texts = [f"{colour} belt {i}" for i in range(35) for colour in ("red", "blue")]
    together = text_encoder.encode_texts(texts)
    alone = np.concatenate([text_encoder.encode_texts([texts[i]]) for i in (0, 33, 69)])
    assert together[[0, 33, 69]] == pytest.approx(alone, abs=1e-4)
    assert np.abs(together[0] - together[69]).max() > 1e-3


def test_threads_may_share_it(encoder: Encoder) -> None:
    images = [drawn(i) for i in range(12)]
    expected = encoder.encode_images(images)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda image: encoder.encode_images([image])[0], images))
    assert np.stack(answers) == pytest.approx(expected, abs=1e-4)


def test_threads_may_share_its_words(text_encoder: TextEncoder) -> None:
    texts = [f"red dress {i}" for i in range(24)]
    expected = text_encoder.encode_texts(texts)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda text: text_encoder.encode_texts([text])[0], texts))
    assert np.stack(answers) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1", "CMYK"])
def test_every_kind_of_picture_is_seen_as_its_rgb(encoder: Encoder, mode: str) -> None:
    picture = drawn(5).convert("L").convert(mode)
    assert encoder.encode_images([picture]) == pytest.approx(encoder.encode_images([picture.convert("RGB")]), abs=1e-4)


def test_transparent_parts_are_seen_as_white(encoder: Encoder) -> None:
    picture = drawn(4).convert("RGBA")
    cut_out = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    white = Image.new("RGB", picture.size, "white")
    box = (10, 10, 40, 50)
    cut_out.paste(picture.crop(box), box)
    white.paste(picture.convert("RGB").crop(box), box)
    assert encoder.encode_images([cut_out]) == pytest.approx(encoder.encode_images([white]), abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (8, 400), (400, 8), (3, 3), (900, 1200)])
def test_tall_wide_and_tiny_pictures_are_encoded(encoder: Encoder, size: tuple[int, int]) -> None:
    rows = encoder.encode_images([Image.new("RGB", size, "navy")])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0], abs=1e-5)


def test_encoding_leaves_the_picture_as_it_was(encoder: Encoder) -> None:
    picture = drawn(6)
    before = picture.tobytes()
    encoder.encode_images([picture])
    assert (picture.size, picture.tobytes()) == ((60, 80), before)


def test_probabilities_are_ranked_and_sum_to_one(encoder: Encoder) -> None:
    if not isinstance(encoder, Classifier):
        pytest.skip("this encoder has no label heads")
    predictions = encoder.classify([drawn(i) for i in range(3)])
    assert len(predictions) == 3
    for prediction in predictions:
        for ranked in prediction.values():
            chances = [chance for _, chance in ranked]
            assert chances == sorted(chances, reverse=True)
            assert sum(chances) == pytest.approx(1, abs=1e-4)
            assert len({label for label, _ in ranked}) == len(ranked)
    assert encoder.classify([]) == []


def test_the_openers_differ_in_what_they_can_do(tmp_path: Path) -> None:
    joint, vision = tiny_bundle(tmp_path / "joint", text=True), tiny_bundle(tmp_path / "vision", text=False)
    assert isinstance(joint, TextEncoder)
    assert not isinstance(vision, TextEncoder)
    assert isinstance(joint, Classifier)
    assert isinstance(vision, Classifier)
