"""Answers of searches and labels of photos as a terminal shows them: a table, or plain lines in a pipe."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.fields import Scalar
from services.products import Product

if TYPE_CHECKING:
    from services.facets import Facet
    from services.search import Answer, Explanation, Hit, Interpretation

COLUMNS = ("title", "id", "score", "probability", "image")
DIGITS = 4


def print_answer(answer: "Answer", console: Console | None = None) -> None:
    """Print hits, and around them what was understood, whether anything is close, totals and facets.

    Hits go to stdout; notes too where it is a terminal, and to stderr where it is not: a pipe gets hits alone.
    """
    console = console or Console()
    notes = console if console.is_terminal else Console(stderr=True)
    if answer.interpretation is not None:
        for line in _understood(answer.interpretation):
            notes.print(Text(line, style="dim"), soft_wrap=True)
    if answer.no_good_match:
        notes.print(
            Text("Nothing close to this in the catalogue." if answer.hits else "Nothing found.", style="bold"),
            soft_wrap=True,
        )
    print_rows(COLUMNS, [_row(hit) for hit in answer.hits], console)
    for rank, hit in enumerate(answer.hits, 1):
        if hit.explanation is not None:
            notes.print(
                Text(f"{rank}. {printable(hit.record.product.id)}: {_why(hit.explanation)}", style="dim"),
                soft_wrap=True,
            )
    of = "" if answer.total is None else f"; products that pass the filter: {answer.total:,}"
    notes.print(Text(f"hits: {len(answer.hits):,}{of}; {answer.mode}, {answer.model}"), soft_wrap=True)
    for facet in answer.facets:
        notes.print(Text(_facet(facet)), soft_wrap=True)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]], console: Console | None = None) -> None:
    """Print a table to a terminal, and lines with tabs between the cells to anything else."""
    console = console or Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(map(printable, row)), file=console.file)
        return
    if not rows:
        return
    table = Table()
    for name in columns:
        table.add_column(name, justify="right" if name in ("score", "probability") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)


def printable(text: str) -> str:
    """`text` on one line and without what steers a terminal: titles and ids are written by strangers.

    >>> printable("red\\x1b[2J dress")
    'red [2J dress'
    """
    return "".join(character if character.isprintable() else " " for character in text)


def title(product: Product) -> str:
    """What a product is called: its title, or its id."""
    return str(product.attributes.get("title") or product.id)


def figure(number: float | None) -> str:
    """A score or probability, or a dash where there is none."""
    return "-" if number is None else f"{number:.{DIGITS}f}"


def _row(hit: "Hit") -> tuple[str, ...]:
    from web.serialise import image_url

    product = hit.record.product
    sources = [image.url for image in product.images if image.name == hit.image and image.url]
    where = sources[0] if sources else image_url(product.id, hit.image)
    return title(product), product.id, figure(hit.score), figure(hit.probability), where


def _understood(read: "Interpretation") -> list[str]:
    """What the words were taken for, a line each."""
    lines = []
    for term in read.terms:
        how = "only" if term.sure else "rather"
        lines.append(printable(f"understood {term.words!r}: {how} {json.dumps(term.filter_json, ensure_ascii=False)}"))
    if read.unknown_unwanted:
        lines.append(printable(f"away from: {', '.join(read.unknown_unwanted)}"))
    return lines


def _why(explanation: "Explanation") -> str:
    """What brought a hit, in one line."""
    said = [f"{part.share:+.{DIGITS}f} {part.part}" for part in explanation.parts]
    ranks = (("meaning", explanation.semantic_rank), ("words", explanation.lexical_rank))
    said += [f"#{rank} by {way}" for way, rank in ranks if rank is not None]
    if explanation.exact:
        said.append(f"{explanation.exact} word for word")
    said += [f"moved up for {words}" for words in explanation.boosts]
    said += [f"same {name}: {value}" for name, value in explanation.agrees.items()]
    said += [f"other {name}: {had}, not {wanted}" for name, (wanted, had) in explanation.differs.items()]
    return printable("; ".join(said))


def _facet(facet: "Facet") -> str:
    """The values of a field and how many products have them, in one line."""
    values: Sequence[tuple[Scalar, int]] = facet.values
    told = ", ".join(f"{value} {number:,}" for value, number in values) or "none"
    return printable(f"{facet.field}: {told}")
