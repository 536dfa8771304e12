"""Reads the `increment.meta` of Alibaba Cloud Image Search, as it is: one JSON object a line, one photo each.

The format is published at https://www.alibabacloud.com/help/en/image-search/user-guide/perform-batch-operations with
the keys OperationType, ProductId, PicName, CategoryId, IntAttr, StrAttr, CustomContent and Region, and with more
attributes (IntAttr2 and so on) in the AddImage operation, whose names these are. Older files have operator, item_id,
cat_id, cust_content and pic_list, a list: so does https://github.com/alibabacloud-howto/import-bulk-images, and the
older API at https://www.alibabacloud.com/help/doc-detail/179222.htm. Either spelling is read, line by line.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import BinaryIO

from indexer.readers.entry import Entry, ImageSpec, plain_id, unreadable
from indexer.readers.jsonl import MAX_LINE_CHARS, json_rows, leading_keys, parsed_object
from indexer.readers.lines import Lines
from services.errors import InvalidProduct
from services.products import MAX_IMAGES, Problem

OPERATIONS = ("ADD", "DELETE")
SPELLINGS = ({"OperationType", "ProductId"}, {"operator", "item_id"})
_OLDER = {
    "operator": "OperationType",
    "item_id": "ProductId",
    "pic_list": "PicName",
    "cat_id": "CategoryId",
    "cust_content": "CustomContent",
    "int_attr": "IntAttr",
    "str_attr": "StrAttr",
}
_ATTRIBUTE = re.compile(r"(Int|Str)Attr(\d*)")


def alibaba_entries(file: BinaryIO, name: str) -> Iterator[Entry]:
    """Yield one entry for each line: ADD merges a photo and attributes into a product, DELETE takes away.

    A DELETE without a picture's name deletes the product. `category`, `int_attr`, `str_attr` (`int_attr_2` and so
    on) and `custom_content` become attributes; custom content that is a JSON object of scalars becomes an attribute
    for each of its keys, which win over those. Region and other keys are passed over. Raises InvalidCatalogue when
    the file cannot be read, or no line is an object.
    """
    leading_keys(file, name)
    with closing(Lines(file, name, MAX_LINE_CHARS)) as lines:
        for row in json_rows(lines):
            yield _entry(row.line, row.cells) if row.problem is None else unreadable(row.line, row.problem)


def _entry(line: int, cells: Mapping[str, object]) -> Entry:
    values = {_OLDER.get(key, key): value for key, value in cells.items() if value is not None}
    operation, product_id = values.get("OperationType"), plain_id(values.get("ProductId"))
    if not isinstance(operation, str) or operation.upper() not in OPERATIONS:
        return unreadable(line, f"no OperationType that is known; allowed are {' and '.join(OPERATIONS)}")
    if product_id is None:
        return unreadable(line, "no ProductId")
    deletes = operation.upper() == "DELETE"
    try:
        images = () if deletes and "PicName" not in values else _images(values.get("PicName"))
    except InvalidProduct as exc:
        return Entry(line, "delete" if deletes else "add", product_id, problem=Problem(exc.code, str(exc)))
    if deletes:
        return Entry(line, "delete", product_id, images=images)
    return Entry(line, "add", product_id, _attributes(values), images)


def _images(names: object) -> tuple[ImageSpec, ...]:
    found = names if isinstance(names, list) else [names]
    if len(found) > MAX_IMAGES:
        raise InvalidProduct(f"{len(found)} pictures; a product has at most {MAX_IMAGES}")
    given = [name for name in found if isinstance(name, str) and name.strip()]
    if len(given) < len(found) or not given:
        # Above all, a DELETE with an empty name must not delete the whole product.
        raise InvalidProduct("PicName must be a picture's name, or a list of names, and not empty")
    return tuple(ImageSpec(name, file=name) for name in dict.fromkeys(given))


def _attributes(values: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in values.items():
        if key == "CategoryId":
            found["category"] = value
        elif key == "CustomContent":
            continue
        elif match := _ATTRIBUTE.fullmatch(key):
            found["_".join(filter(None, (match[1].lower(), "attr", match[2])))] = value
    filled = {name: value for name, value in found.items() if value != ""}
    return {**filled, **_custom(values.get("CustomContent"))}


def _custom(content: object) -> dict[str, object]:
    if content in (None, ""):
        return {}
    if isinstance(content, str) and content.lstrip().startswith("{"):
        try:
            parsed = parsed_object(content)
        except ValueError:
            return {"custom_content": content}
        if not any(isinstance(value, dict | list) for value in parsed.values()):
            return {name: value for name, value in parsed.items() if value not in (None, "")}
    return {"custom_content": content}
