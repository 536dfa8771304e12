"""The catalogue as a whole, failures, sessions and health."""

from web.openapi.examples.example import Example

EXAMPLES = {
    "catalogue.products": (
        Example("The first of them", query={"limit": "2"}),
        Example("The next", query={"limit": "2", "after": "sku-1"}),
        Example("By state and attribute", query={"state": "indexed", "category": "Dresses"}),
        Example("By filter", query={"filter": '{"price": {"lt": 50}, "not": {"base_colour": "Red"}}'}),
    ),
    "catalogue.counts": (Example("Counts"),),
    "catalogue.fields": (Example("All"),),
    "catalogue.values": (Example("All categories", path={"field": "category"}),),
    "failures.products": (
        Example("The first of them", query={"limit": "10"}),
        Example("Of one kind", query={"code": "bad_image"}),
    ),
    "failures.messages": (Example("The first of them", query={"limit": "10"}),),
    "failures.retry": (
        Example("All of a kind", json={"code": "unreachable_url"}),
        Example("By id", json={"product_ids": ["sku-1", "sku-2"]}),
    ),
    "failures.drop": (Example("Everything that failed", json={"all": True}),),
    "session.begin": (
        Example("For a page", json={"key": "lk_0123456789ab_this-is-an-example-and-opens-nothing-at-all"}),
    ),
    "session.end": (Example("Be rid of it"),),
    "health.healthz": (Example("Alive"),),
    "health.readyz": (Example("Able to serve"),),
}
