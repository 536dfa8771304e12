"""What a declared field is about, told by its name: only some kinds of label may keep products out."""

from typing import Literal, TypeAlias

Role: TypeAlias = Literal["type", "colour", "brand", "gender", "pattern", "material", "other"]

ROLES: dict[Role, tuple[str, ...]] = {
    "type": (
        "category", "sub_category", "subcategory", "master_category", "main_category", "article_type",
        "product_type", "garment_type", "item_type", "type", "department",
    ),
    "colour": ("colour", "color", "base_colour", "base_color", "main_colour", "main_color"),
    "brand": ("brand", "brand_name", "manufacturer", "designer"),
    "gender": ("gender", "sex", "target_gender"),
    "pattern": ("pattern", "print", "pattern_type"),
    "material": ("material", "fabric"),
}  # fmt: skip
"""Names of fields whose labels say what a product is, and nothing else. The labels of any other, such as a season or an
occasion, are a matter of opinion: half of the winter jackets of a real shop are labelled "Fall"."""


def role_of(field: str) -> Role:
    """What the labels of `field` are about.

    >>> role_of("base_colour"), role_of("season")
    ('colour', 'other')
    """
    return next((role for role, names in ROLES.items() if field in names), "other")
