"""A run's result in words."""

from collections.abc import Iterator

from chaos.run import COUNTS, Result

EXAMPLES = 5


def report(result: Result) -> Iterator[str]:
    """The ledger, a line for each part, and what is wrong, if anything."""
    ledger = result.ledger
    kills = ", ".join(f"{victim} {number}" for victim, number in sorted(result.kills.items()))
    yield ""
    yield f"import    {', '.join(f'{name} {result.progress[name]:,}' for name in COUNTS)}"
    yield (
        f"products  accepted {ledger.accepted:,}, indexed {ledger.indexed:,}, failed {ledger.failed:,}, "
        f"deleted {ledger.deleted:,}, refused {ledger.refused:,}; {result.changes:,} changes meanwhile"
    )
    yield (
        f"index     {ledger.rows:,} rows; lost {len(ledger.lost)}, doubled {len(ledger.doubled)}, "
        f"extra {len(ledger.extra)}; {ledger.searched:,} searches, {len(ledger.unfound)} in vain"
    )
    yield f"audit     {result.audit}"
    yield f"kills     {kills}; {result.late} of them after the import"
    yield f"seconds   {', '.join(f'{part} {taken:.0f}' for part, taken in result.seconds.items())}"
    for name, found in result.wrong.items():
        yield f"{name}: {len(found):,}"
        yield from (f"  {line}" for line in found[:EXAMPLES])
