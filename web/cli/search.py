"""`lookalike search`: what the API answers, in a terminal."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.errors import InvalidProduct, InvalidRequest
from services.settings import load_settings

if TYPE_CHECKING:
    from services.bootstrap import Platform
    from services.fields import Fields
    from services.search import Answer, ImagePart, Query

PATIENCE_S = 60.0
"""The first search of a process also loads the model's weights and connects; nobody waits behind this one."""


@click.command()
@click.argument("words", nargs=-1)
@click.option("--image", "images", multiple=True, metavar="PHOTO", help="A file or URL to search by. Repeatable.")
@click.option("--product", "products", multiple=True, metavar="ID", help="A stored product to search by. Repeatable.")
@click.option("--box", "boxes", multiple=True, metavar="X1,Y1,X2,Y2", help="The part that matters, as fractions.")
@click.option("--not", "unwanted", multiple=True, metavar="WORDS", help="What hits should not be. Repeatable.")
@click.option("--filter", "filter_json", metavar="JSON", help="""A filter, as in '{"price": {"lt": 50}}'.""")
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="A filter by one value; again for another value.")
@click.option("--limit", type=int, default=20, show_default=True, help="Hits at most.")
@click.option("--offset", type=int, default=0, help="Hits left out first.")
@click.option("--mode", type=click.Choice(["semantic", "lexical", "hybrid"]), help="By meaning, the letter, or both.")
@click.option("--interpret/--no-interpret", default=True, help="Read words as filters where they are the shop's own.")
@click.option("--min-score", type=float, help="Leave out hits with a lower score.")
@click.option("--min-probability", type=float, help="Leave out hits that are less probable.")
@click.option("--sort", metavar="FIELD", help="Order the most relevant hits by an attribute.")
@click.option("--desc", is_flag=True, help="With --sort: highest first.")
@click.option("--diversity", type=float, default=0.0, help="Above 0, up to 1: hits resemble each other less.")
@click.option("--facet", "facets", multiple=True, metavar="FIELD", help="Count products by this field. Repeatable.")
@click.option("--explain", is_flag=True, help="Say what brought each hit.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")
@click.option("--open", "opens", is_flag=True, help="Write a contact sheet, and open it where there is a display.")
@click.option("--sheet", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it; .html or .png.")
def search(
    words: tuple[str, ...],
    images: tuple[str, ...],
    products: tuple[str, ...],
    boxes: tuple[str, ...],
    unwanted: tuple[str, ...],
    filter_json: str | None,
    where: tuple[str, ...],
    limit: int,
    offset: int,
    mode: str | None,
    interpret: bool,
    min_score: float | None,
    min_probability: float | None,
    sort: str | None,
    desc: bool,
    diversity: float,
    facets: tuple[str, ...],
    explain: bool,
    as_json: bool,
    opens: bool,
    sheet: Path | None,
) -> None:
    """Search the catalogue by WORDS, photos, stored products, or all together.

    Boxes belong to the photos, then to the products, in their order; an empty one leaves a photo whole.
    """
    if desc and not sort:
        raise click.UsageError("--desc orders what --sort names; give both")
    settings = load_settings()
    body: dict[str, Any] = {"text": " ".join(words), "limit": limit, "offset": offset, "mode": mode, "total": True}
    body |= {"interpret": interpret, "min_score": min_score, "min_probability": min_probability, "explain": explain}
    body |= {"diversity": diversity, "facets": list(facets), "filter": _filter(filter_json, where, settings.fields)}
    body |= {"sort": {"by": sort, "order": "desc" if desc else "asc"} if sort else None}
    body |= {"not": {"text": [{"text": text} for text in unwanted if text.strip()]}}
    from services.bootstrap import build

    platform = build(settings)
    platform.database.check()
    query = _query(platform, body, images, products, boxes)
    _tell(platform, query, as_json, sheet, opens)


def _query(
    platform: "Platform", body: dict[str, Any], images: Sequence[str], products: Sequence[str], boxes: Sequence[str]
) -> "Query":
    """What is looked for, as the HTTP interface would have it of the same body. Raises InvalidRequest and its kinds."""
    from services.deadline import Deadline
    from services.search import ImagePart
    from web.cli.photos import parse_box, read_photo
    from web.queries import Queries, parsed

    if len(boxes) > len(images) + len(products):
        raise InvalidRequest(f"{len(boxes)} boxes for {len(images) + len(products)} photos; give --image or --product")
    cuts = [parse_box(raw) if raw else None for raw in boxes]
    cuts += [None] * (len(images) + len(products) - len(cuts))
    stored: list[dict[str, Any]] = []
    for product_id, cut in zip(products, cuts[len(images) :], strict=True):
        stored.append({"product_id": product_id, "box": [cut.x1, cut.y1, cut.x2, cut.y2] if cut else None})
    checked = parsed({**body, "image": stored or None})
    uploads = [ImagePart(read_photo(platform, place, cut)) for place, cut in zip(images, cuts, strict=False)]
    return Queries(platform, Deadline(PATIENCE_S)).query(checked, uploads)


def _tell(platform: "Platform", query: "Query", as_json: bool, sheet: Path | None, opens: bool) -> None:
    from services.deadline import Deadline
    from web.cli.found import print_answer
    from web.serialise import answer_json

    answer = platform.search.run(query, Deadline(PATIENCE_S))
    if as_json:
        click.echo(json.dumps(answer_json(answer, platform.settings.predict_from), indent=2))
    else:
        print_answer(answer)
    if opens or sheet:
        from web.cli.sheet import show

        written = _sheet(platform, query, answer, sheet)
        show(written, opens)


def _sheet(platform: "Platform", query: "Query", answer: "Answer", target: Path | None) -> Path:
    from web.cli.found import figure, title
    from web.cli.sheet import Card, thumbnail, write_sheet

    asked = [_asked(platform, part) for part in query.images]
    asked += [Card(part.text, () if part.weight > 0 else ("less like this",)) for part in query.texts]
    found = []
    for hit in answer.hits:
        product = hit.record.product
        digests = [image.digest for image in product.images if image.name == hit.image]
        lines = [product.id, f"score {figure(hit.score)}, probability {figure(hit.probability)}"]
        found.append(Card(title(product), lines, thumbnail(platform, digests[0] if digests else None)))
    heading = f"{len(found)} hits" + ("; nothing close to this in the catalogue" if answer.no_good_match else "")
    return write_sheet(target, heading, asked, found)


def _asked(platform: "Platform", part: "ImagePart") -> Any:
    from services.search import crop
    from web.cli.sheet import Card, thumbnail

    if part.photo is not None:
        return Card("photo", (), part.photo)
    images = platform.catalogue.get(part.product_id).product.images
    picture = thumbnail(platform, images[0].digest if images else None)
    return Card(part.product_id, (), crop(picture, part.box) if picture else None)


def _filter(raw: str | None, pairs: Sequence[str], fields: "Fields") -> dict[str, Any] | None:
    """The filter of --filter and of every --where; values of one field are alternatives. Raises InvalidRequest."""
    from services.fields import FieldType, coerce
    from web.bodies import parse_object

    parts = [parse_object(raw, "--filter")] if raw is not None else []
    values: dict[str, list[Any]] = {}
    for pair in pairs:
        field, separator, value = pair.partition("=")
        if not (separator and field and value):
            raise InvalidRequest(f"--where {pair!r}: write FIELD=VALUE, for example category=Dresses")
        try:
            values.setdefault(field, []).append(coerce(field, value, fields.get(field, FieldType.KEYWORD)))
        except InvalidProduct as exc:
            raise InvalidRequest(f"--where {pair!r}: {exc}") from exc
    parts += [{field: several[0] if len(several) == 1 else several} for field, several in values.items()]
    return parts[0] if len(parts) == 1 else {"all": parts} if parts else None
