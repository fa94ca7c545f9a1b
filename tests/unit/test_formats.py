"""What bodies say, within bounds."""

import gzip
import json
import re
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_inbox.formats import body as body_format
from odoo.addons.integration_inbox.formats import compressed, form, json_text, xml_text
from odoo.addons.integration_inbox.refusal import Refused

JSON = {"content-type": "application/json"}


def said(function, *arguments):
    with pytest.raises(Refused) as caught:
        function(*arguments)
    return caught.value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_json_comes_out_as_it_went_in(value):
    assert json_text.read(json.dumps(value)) == value


@given(st.lists(json_values, max_size=5), st.sampled_from([None, 2]), st.sampled_from(["", " ", "\n\t"]))
def test_each_item_of_a_batch_keeps_its_very_text(values, indent, blank):
    text = blank + json.dumps(values, indent=indent) + blank
    items = json_text.read_items(text)
    assert [document for document, _part in items] == values
    assert [json.loads(part) for _document, part in items] == values
    assert all(part in text and part == part.strip() for _document, part in items)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"lot": "A", "lot": "B"}', "'lot' is there twice"),
        ('{"a": {"b": 1, "b": 1}}', "'b' is there twice"),
        ('{"qty": NaN}', "NaN is not a number"),
        ('{"qty": -Infinity}', "-Infinity is not a number"),
        ('{"qty": 1e999}', "too large"),
        ('{"qty": ' + "9" * 101 + "}", "more than 100 digits"),
        ('{"qty": ' + "9" * 5000 + "}", "more than 100 digits"),
        ('{"qty": 0.' + "1" * 200 + "}", "more than 100 digits"),
        ("[" * 65 + "]" * 65, "64 levels"),
        ('{"a":' * 65 + "1" + "}" * 65, "64 levels"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        ('{"a": "\\u0000"}', "U\\+0000"),
        ('{"a": 1,}', "character 8"),
        ("{'a': 1}", "character 1"),
        ('{"a": 1} x', "Extra data"),
        ('{"a": 01}', "delimiter"),
        ('{"a": "\n"}', "control character"),
        ("", "Expecting value"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(text, why):
    refused = said(json_text.read, text)
    assert refused.status == 400
    assert refused.name == "not-json"
    assert re.search(why, refused.detail), refused.detail


def test_what_only_looks_dangerous_is_taken():
    assert json_text.read('{"a": "\\\\u0000"}') == {"a": "\\u0000"}
    assert json_text.read('{"a": "\\ud83d\\ude9a"}') == {"a": "🚚"}
    assert json_text.read("[" * 64 + "]" * 64)
    assert json_text.text_of(b"\xef\xbb\xbf{}") == "{}"


def test_xml_by_the_rule():
    document = xml_text.read(
        b"""<?xml version="1.0" encoding="ISO-8859-1"?>
        <b:Response xmlns:b="urn:b" xmlns="urn:d" release="4">
          <ID> 53107 </ID><Lot>A</Lot><Lot unit="KG">B</Lot><Empty/><Name>M\xfcller &amp; S\xf6hne</Name>
          <Mixed>before<X>1</X>after</Mixed><!-- no --><?no no?>
        </b:Response>"""
    )
    assert document == {
        "Response": {
            "@release": "4",
            "ID": "53107",
            "Lot": ["A", {"@unit": "KG", "#text": "B"}],
            "Empty": "",
            "Name": "Müller & Söhne",
            "Mixed": {"X": "1", "#text": "beforeafter"},
        }
    }


LAUGHS = b"""<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]><lolz>&lol2;</lolz>"""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (LAUGHS, "document types"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "document types"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "document types"),
        ("<?xml version='1.0' encoding='UTF-16'?>".encode("utf-16") + LAUGHS.decode().encode("utf-16-le"), "document types"),
        (b"<a>&nbsp;</a>", "undefined entity"),
        (b"<a><b></a>", "mismatched tag"),
        (b"<a>", "no element found"),
        (b"", "no element found"),
        (b"<a>\x01</a>", "not well-formed"),
        (b"<a>" * 65 + b"</a>" * 65, "64 levels"),
        (b"<a>" + b"<b/>" * 100_001 + b"</a>", "100,000 elements"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "encoding is not known"),
        (b"<a>\xff</a>", "not well-formed"),
    ],
)  # fmt: skip
def test_xml_that_is_broken_or_dangerous_is_refused(body, why):
    refused = said(xml_text.read, body)
    assert (refused.status, refused.name) == (400, "not-xml")
    assert why in refused.detail, refused.detail


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_xml_never_breaks_the_reader(body):
    with suppress(Refused):
        xml_text.read(b"<a>" + body + b"</a>")


def test_forms():
    assert form.read(b"a=1&b=M%C3%BCller+AG&a=2&c=") == {"a": ["1", "2"], "b": "Müller AG", "c": ""}
    assert form.read(b"payload=%7B%22ref%22%3A+%22main%22%7D") == {"ref": "main"}
    assert form.read(b"payload=hello") == {"payload": "hello"}
    assert form.read(b"payload=%7B%7D&other=1") == {"payload": "{}", "other": "1"}
    for wrong in (b"a=%ff", b"\xff=1", b"a=%00", b"&".join([b"a=1"] * 1001)):
        assert said(form.read, wrong).name == "not-form"


def test_gzip_within_its_bound():
    body = json.dumps({"lots": ["GX40-2611-0007"] * 100}).encode()
    assert compressed.opened(gzip.compress(body), "gzip", len(body)) == body
    assert compressed.opened(body, "identity", 10) == body
    assert said(compressed.opened, gzip.compress(body), "gzip", len(body) - 1).status == 413
    bomb = gzip.compress(bytes(100_000_000))
    assert said(compressed.opened, bomb, "gzip", 1 << 20).status == 413
    for broken in (b"", b"plain", gzip.compress(body)[:-3], gzip.compress(body) + b"x", zlib.compress(body)):
        assert said(compressed.opened, broken, "gzip", 1 << 20).name == "not-gzip"
    assert said(compressed.opened, body, "br", 1 << 20).status == 415
    assert said(compressed.opened, body, "gzip, gzip", 1 << 20).status == 415


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json", "json"),
        ("Application/JSON; Charset=UTF-8", "json"),
        ("application/ld+json", "json"),
        ("application/cloudevents+json; charset=utf-8", "event"),
        ("application/cloudevents-batch+json", "batch"),
        ("text/xml", "xml"),
        ("application/soap+xml; charset=utf-8", "xml"),
        ("application/x-www-form-urlencoded", "form"),
    ],
)
def test_content_types(content_type, kind):
    assert body_format.kind_of({"content-type": content_type}) == kind


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "json",
        "application/json5",
        ";",
    ],
)
def test_other_content_types_are_not_taken(content_type):
    assert said(body_format.kind_of, {"content-type": content_type}).status == 415


@given(st.binary(max_size=300), st.text(max_size=60))
def test_no_body_breaks_the_reader(body, charset):
    for media in ("application/json", "application/xml", "application/x-www-form-urlencoded", charset):
        for encoding in ("", "gzip"):
            headers = {"content-type": f"{media}; charset={charset}", "content-encoding": encoding}
            try:
                body_format.read(headers, body, 1 << 20)
            except Refused as refused:
                assert 400 <= refused.status < 500
