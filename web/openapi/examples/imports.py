"""Catalogue files."""

from web.openapi.examples.example import Example

SOME = {"import_id": "3f2a9c0b17de"}

EXAMPLES = {
    "imports.create": (
        Example(
            "A table and a zip of its photos",
            form={"options": {"map": {"category": "article_type"}}},
            files={"file": "shop.csv", "images": "photos.zip"},
        ),
        Example(
            "A file as the body",
            query={"name": "shop.jsonl", "limit": "1000"},
            upload="shop.jsonl",
            media_type="application/x-ndjson",
        ),
    ),
    "imports.recent": (Example("The latest", query={"limit": "5"}),),
    "imports.get": (Example("How far it is", path=SOME),),
    "imports.errors": (Example("A page of them", path=SOME, query={"limit": "100", "after": "0"}),),
    "imports.cancel": (Example("Read no further", path=SOME),),
}
