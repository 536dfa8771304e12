"""Which catalogue a long run imports: the real one where it is, else the drawn sample."""

import os
from collections.abc import Callable
from pathlib import Path

from chaos.goods import Goods, drawn_goods, real_goods

DATA = Path(__file__).parents[4] / "shared" / "data"


def choose_goods(data: Path | None, folder: Path, products: int, seed: int, say: Callable[[str], None]) -> Goods:
    """Goods from the folder `data`, or from where LOOKALIKE_DATA says; drawn where there are none."""
    source = data or Path(os.environ.get("LOOKALIKE_DATA") or DATA) / "fashion-products"
    if (source / "catalogue.csv").is_file():
        return real_goods(source, folder, products, seed)
    say(f"There is no Fashion Product Images catalogue in {source} (--data, LOOKALIKE_DATA): the drawn sample will do.")
    return drawn_goods(folder, products, seed)
