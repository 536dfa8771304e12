"""Which URLs and hosts may be asked: decided before anyone is, in one spelling, whatever was written."""

import pytest

from services.errors import BlockedAddress, InvalidSettings
from services.images import FetchLimits, ImageFetcher
from services.images.urls import parse_url, shown

LIMITS = FetchLimits(1000)

# With every public host allowed, on the usual ports.
HOSTILE = [
    "",
    "photo.jpg",
    "/etc/passwd",
    "//example.com/a.jpg",
    "http:/example.com/a.jpg",
    "http:///a.jpg",
    "http://",
    "file:///etc/passwd",
    "ftp://example.com/a.jpg",
    "gopher://example.com:80/_x",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "httpſ://example.com/",
    "http://localhost:6379/",
    "http://127.0.0.1/",
    "http://127.0.0.1:80/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.0x1/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://0.0.0.0/",
    "http://0/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://[::1",
    "http://[v1.fe80::a]/",
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1\\.example.com/",
    "http:\\\\example.com\\a.jpg",
    "http://127.0.0.1%2eexample.com/",
    "http://%31%32%37.0.0.1/",
    "http://exam ple.com/",
    "http://exam\tple.com/",
    "http://example.com\r\nX-Header: 1/",
    "http://example.com/a\nb",
    "http://example.com/a\x00b",
    "\thttp://example.com/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:-80/",
    "http://example.com:８０/",
    "http://example.com:80:80/",
    "http://example.com:22/",
    "http://example..com/",
    "http://.example.com/",
    "http://-/",
    "http://*/",
    f"http://{'a' * 64}.com/",
    f"http://{'a.' * 127}com/",
    "http://exa\ud800mple.com/",
    "http://example.com/\ud800",
    "http://example.com/" + "a" * 5000,
]


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_hostile_urls_are_refused_without_asking_anyone(url: str) -> None:
    def asked(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    fetcher = ImageFetcher(["*"], [], LIMITS, asked)
    with pytest.raises(BlockedAddress):
        fetcher.check(url)
    with pytest.raises(BlockedAddress):
        fetcher.fetch(url)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTP://EXAMPLE.com/A", "http://example.com/A"),
        ("https://example.com.:443", "https://example.com/"),
        ("http://example.com:8080/a?b=c#d", "http://example.com:8080/a?b=c"),
        ("http://example.com?q=/../", "http://example.com/?q=/../"),
        (
            "https://Müller.de/Größe 1.jpg?f=rot & grün",
            "https://xn--mller-kva.de/Gr%C3%B6%C3%9Fe%201.jpg?f=rot%20&%20gr%C3%BCn",
        ),
        ("https://straße.de/%C3%9F%zz", "https://xn--strae-oqa.de/%C3%9F%zz"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
        ("http://[2606:2800:0220::1]:80/", "http://[2606:2800:220::1]/"),
        ("http://cdn_1.a-b.example/x@y:z", "http://cdn_1.a-b.example/x@y:z"),
        ("http://example.com/a\\b", "http://example.com/a%5Cb"),
    ],
)
def test_ordinary_urls_have_one_spelling(url: str, same: str) -> None:
    assert str(parse_url(url)) == same
    assert str(parse_url(same)) == same
    ImageFetcher(["*", "*:8080"], [], LIMITS).check(url)


@pytest.mark.parametrize(
    ("entry", "fits", "others"),
    [
        (
            "cdn.example.com",
            ["https://cdn.example.com/", "http://CDN.example.com.:443/"],
            [
                "https://example.com/",
                "https://a.cdn.example.com/",
                "https://cdn.example.com:8443/",
                "https://cdn.example.com.evil.net/",
            ],
        ),
        (
            "*.example.com",
            ["https://a.example.com/", "https://a.b.example.com/"],
            ["https://example.com/", "https://badexample.com/", "https://a.example.com:81/"],
        ),
        ("cdn.example.com:8443", ["https://cdn.example.com:8443/"], ["https://cdn.example.com/"]),
        ("*", ["https://anything.net/", "http://anything.net/"], ["https://anything.net:8443/"]),
        ("*:8443", ["https://anything.net:8443/"], ["https://anything.net/"]),
        (" Bücher.example ", ["https://xn--bcher-kva.example/"], ["https://bucher.example/"]),
        ("93.184.216.34", ["http://93.184.216.34/"], ["http://93.184.216.35/"]),
        ("[2606:2800:220:0::1]", ["http://[2606:2800:220::1]/"], ["http://[2606:2800:220::2]/"]),
    ],
)
def test_entries_mean_hosts(entry: str, fits: list[str], others: list[str]) -> None:
    fetcher = ImageFetcher([entry], [], LIMITS)
    for url in fits:
        fetcher.check(url)
    for url in others:
        with pytest.raises(BlockedAddress, match="LOOKALIKE_IMAGE_HOSTS"):
            fetcher.check(url)


def test_nothing_is_fetched_unless_hosts_are_allowed() -> None:
    with pytest.raises(BlockedAddress, match="LOOKALIKE_IMAGE_HOSTS"):
        ImageFetcher([], ["example.com"], LIMITS).check("https://example.com/a.jpg")


def test_a_private_address_is_fetched_from_only_where_it_is_named_as_such() -> None:
    with pytest.raises(BlockedAddress, match=r"add 10\.0\.0\.5:9000 to LOOKALIKE_PRIVATE_IMAGE_HOSTS"):
        ImageFetcher(["10.0.0.5:9000"], [], LIMITS).check("http://10.0.0.5:9000/a.jpg")
    ours = ImageFetcher(["*", "10.0.0.5:9000"], ["10.0.0.5:9000"], LIMITS)
    ours.check("http://10.0.0.5:9000/a.jpg")
    with pytest.raises(BlockedAddress):
        ours.check("http://10.0.0.5/a.jpg")


def test_the_metadata_service_is_never_ours() -> None:
    fetcher = ImageFetcher(["169.254.169.254"], ["169.254.169.254"], LIMITS)
    with pytest.raises(BlockedAddress, match="metadata"):
        fetcher.check("http://169.254.169.254/latest/meta-data/")


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "https://cdn.example.com",
        "cdn.example.com/photos",
        "a b",
        "cdn:",
        "cdn:0",
        "cdn:99999",
        "*.*",
        "*cdn",
        "10.1",
        "[::1",
    ],
)
def test_what_is_no_host_is_no_setting(entry: str) -> None:
    with pytest.raises(InvalidSettings, match="LOOKALIKE_IMAGE_HOSTS"):
        ImageFetcher([entry], [], LIMITS)
    with pytest.raises(InvalidSettings, match="LOOKALIKE_PRIVATE_IMAGE_HOSTS"):
        ImageFetcher(["*"], [entry], LIMITS)


def test_every_host_at_once_cannot_be_private() -> None:
    for entry in ("*", "*:8080"):
        with pytest.raises(InvalidSettings, match="LOOKALIKE_PRIVATE_IMAGE_HOSTS"):
            ImageFetcher(["*"], [entry], LIMITS)


def test_messages_keep_secrets_and_stay_on_one_line() -> None:
    assert shown("https://ann:secret@example.com/a?x=1") == "https://example.com/a?x=1"
    assert "signature" not in shown("https://example.com/a?" + "signature=" * 20)
    assert "\n" not in shown("https://example.com/a\nb")
    assert len(shown("https://example.com/" + "a" * 100_000)) < 300
    with pytest.raises(BlockedAddress) as caught:
        parse_url("https://ann:secret@example.com/")
    assert "secret" not in str(caught.value)
