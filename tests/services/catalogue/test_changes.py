"""What a change makes of a product: puts, patches, deletes, and the sender's own order."""

from dataclasses import replace

import pytest

from services.catalogue import Catalogue, Claims, Delete, Outcome, Patch, Put
from services.errors import Conflict, InvalidProduct, NotFound
from services.products import ImageRef, Product

FRONT, BACK = ImageRef("front", "d" * 64), ImageRef("back", "e" * 64)
URL = ImageRef("front", url="https://cdn.example.com/1.jpg")


def index(claims: Claims, catalogue: Catalogue, **digests: str) -> None:
    """Have a worker finish p1 as it is now."""
    (record,) = claims.take(["p1"], "w")
    claims.finish("w", [Outcome("p1", record.revision, indexed=True, digests=digests)])


def test_a_patch_changes_what_it_names(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product])
    accepted = catalogue.write_one(Patch("p1", {"category": None, "price": 5}))
    assert (accepted.revision, accepted.changed) == (2, True)
    record = catalogue.get("p1")
    assert record.product == Product("p1", {"title": "Red dress", "price": 5}, (FRONT,))


def test_a_patch_that_changes_nothing_is_no_work(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product])
    accepted = catalogue.write_one(Patch("p1", {"title": "Red dress", "absent": None}))
    assert (accepted.revision, accepted.changed) == (1, False)


def test_photos_are_added_replaced_and_removed_by_name(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product])
    catalogue.write_one(Patch("p1", images=(BACK,)))
    catalogue.write_one(Patch("p1", images=(replace(FRONT, digest="f" * 64),)))
    assert catalogue.get("p1").product.images == (replace(FRONT, digest="f" * 64), BACK)
    catalogue.write_one(Patch("p1", without_images=("front",)))
    assert catalogue.get("p1").product.images == (BACK,)
    with pytest.raises(NotFound, match="no image 'front'"):
        catalogue.write_one(Patch("p1", without_images=("front",)))
    with pytest.raises(InvalidProduct, match="0 images"):
        catalogue.write_one(Patch("p1", without_images=("back",)))


def test_a_patch_of_nothing_is_refused_and_leaves_nothing(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="'p1'"):
        catalogue.write_one(Patch("p1", {"title": "x"}))
    assert catalogue.get_many(["p1"]) == {}
    catalogue.write_one(Patch("p1", {"title": "x"}, images=(FRONT,), create=True))
    assert catalogue.get("p1").product == Product("p1", {"title": "x"}, (FRONT,))


def test_one_refused_change_does_not_stop_the_others(catalogue: Catalogue, product: Product) -> None:
    changes = [Put(product), Patch("absent", {"a": 1}), Patch("p1", {"a": 1}), Delete("absent too")]
    accepted = catalogue.write(changes)
    assert [done.problem and done.problem.code for done in accepted] == [None, "not_found", None, "not_found"]
    assert [done.revision for done in accepted[::2]] == [1, 1], "one revision for all that a batch did to it"
    assert catalogue.get("p1").product.attributes["a"] == 1


def test_older_versions_that_come_late_change_nothing(catalogue: Catalogue, product: Product) -> None:
    newer = replace(product, attributes={"title": "newer"})
    catalogue.write_one(Put(newer, version=7))
    for late in (Put(product, version=6), Put(product, version=7), Delete("p1", version=5)):
        with pytest.raises(Conflict, match="version"):
            catalogue.write_one(late)
    assert (catalogue.get("p1").product, catalogue.get("p1").version) == (newer, 7)
    assert catalogue.write_one(Put(newer, version=9)).changed is False, "the same content is no work"
    assert catalogue.get("p1").version == 9, "but a newer version all the same"


def test_a_delete_with_a_version_keeps_out_what_was_overtaken(catalogue: Catalogue, product: Product) -> None:
    catalogue.write_one(Delete("p1", version=5))
    with pytest.raises(Conflict):
        catalogue.write_one(Put(product, version=4))
    assert catalogue.get_many(["p1"])["p1"].deleted
    catalogue.write_one(Put(product, version=6))
    assert catalogue.get("p1").product == product


def test_the_same_version_again_is_a_retry_after_a_failure(
    catalogue: Catalogue, claims: Claims, product: Product
) -> None:
    catalogue.write_one(Put(product, version=3))
    claims.take(["p1"], "w")
    claims.finish("w", [Outcome("p1", 1, indexed=False)])
    assert catalogue.write_one(Put(product, version=3)).changed


def test_a_photo_by_url_is_fetched_once(catalogue: Catalogue, claims: Claims) -> None:
    wanted = Product("p1", {}, (URL,))
    catalogue.put([wanted])
    index(claims, catalogue, front="a" * 64)
    assert catalogue.get("p1").product.images == (replace(URL, digest="a" * 64),)
    assert not catalogue.put([wanted])[0].changed
    assert catalogue.write_one(Put(wanted, refresh=True)).changed
    assert catalogue.get("p1").product.images == (URL,), "to be fetched again"


def test_digests_of_a_record_that_moved_on_are_not_kept(catalogue: Catalogue, claims: Claims) -> None:
    catalogue.put([Product("p1", {}, (URL,))])
    claims.take(["p1"], "w")
    moved = replace(URL, url="https://cdn.example.com/2.jpg")
    catalogue.put([Product("p1", {}, (moved,))])
    claims.finish("w", [Outcome("p1", 1, indexed=True, digests={"front": "a" * 64})])
    assert catalogue.get("p1").product.images == (moved,)


def test_a_name_alone_keeps_the_stored_photo(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product])
    assert not catalogue.put([replace(product, images=(ImageRef("front"),))])[0].changed
    with pytest.raises(InvalidProduct, match="'other' has no data and no url"):
        catalogue.write_one(Put(replace(product, images=(ImageRef("other"),))))
    with pytest.raises(InvalidProduct, match="'other'"):
        catalogue.write_one(Patch("p1", images=(ImageRef("other"),)))


def test_what_goes_along_in_the_transaction_undoes_it_when_it_fails(catalogue: Catalogue, product: Product) -> None:
    def fail(*_: object) -> None:
        raise Conflict("cancelled")

    with pytest.raises(Conflict):
        catalogue.write([Put(product)], then=fail)
    assert catalogue.get_many(["p1"]) == {}
