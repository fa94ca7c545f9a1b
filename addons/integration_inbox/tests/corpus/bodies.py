"""JSON and XML that is broken, too deep, too big, or could be read in two ways."""

from .case import Case

XML = {"content-type": "application/xml"}
MAPPED = {"mapping": '{"type": "test.partner.renamed", "data": $}'}


def json_case(name, body, **more):
    return Case(name, 400, "not-json", body=body, **more)


def xml_case(name, body):
    return Case(name, 400, "not-xml", body=body, headers=XML, endpoint=MAPPED)


CASES = [
    json_case("an empty body", b""),
    json_case("blanks", b" \n "),
    json_case("half an object", b'{"specversion": "1.0", "id"'),
    json_case("a comma too many", b'{"a": 1,}'),
    json_case("single quotes", b"{'a': 1}"),
    json_case("a comment", b'{"a": 1} // done'),
    json_case("two documents", b"{} {}"),
    json_case("JSON lines", b"{}\n{}"),
    json_case("a bare word", b"undefined"),
    json_case("not UTF-8", b'{"a": "\xff\xfe"}'),
    json_case("overlong UTF-8", b'{"a": "\xc0\x80"}'),
    json_case("UTF-16", '{"a": 1}'.encode("utf-16")),
    json_case("NaN", b'{"qty": NaN}'),
    json_case("Infinity", b'{"qty": Infinity}'),
    json_case("minus Infinity", b'{"qty": -Infinity}'),
    json_case("a number beyond a double", b'{"qty": 1e400}'),
    json_case("a number of 101 digits", b'{"qty": ' + b"7" * 101 + b"}"),
    json_case("a number of 10,000 digits", b'{"qty": ' + b"7" * 10_000 + b"}"),
    json_case("a number with a leading zero", b'{"qty": 007}'),
    json_case("a hexadecimal number", b'{"qty": 0xFF}'),
    json_case("a member that is there twice", b'{"specversion": "1.0", "specversion": "1.0"}'),
    json_case("a member that is there twice, deep inside", b'{"data": {"good": {"value": 1, "value": 9}}}'),
    json_case("65 lists in each other", b"[" * 65 + b"]" * 65),
    json_case("65 objects in each other", b'{"a":' * 65 + b"1" + b"}" * 65),
    json_case("100,000 open brackets", b"[" * 100_000),
    json_case("half a surrogate pair", b'{"a": "\\ud800"}'),
    json_case("a surrogate pair the wrong way round", b'{"a": "\\udc00\\ud800"}'),
    json_case("U+0000 in a text", b'{"a": "\\u0000"}'),
    json_case("U+0000 in a name", b'{"\\u0000": 1}'),
    json_case("a line break in a text", b'{"a": "1\n2"}'),
    json_case(
        "a batch that is no list", b"{}", headers={"content-type": "application/cloudevents-batch+json"}
    ),
    xml_case("XML: nothing", b""),
    xml_case("XML: not closed", b"<Response><ID>1</ID>"),
    xml_case("XML: closed the wrong way round", b"<a><b></a></b>"),
    xml_case("XML: a billion laughs", b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'),
    xml_case("XML: a file of ours", b'<!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/hostname">]><l>&f;</l>'),
    xml_case("XML: a DTD on the network", b'<!DOCTYPE l SYSTEM "http://127.0.0.1:9/l.dtd"><l/>'),
    xml_case("XML: an entity nobody knows", b"<l>&nbsp;</l>"),
    xml_case("XML: 65 levels", b"<a>" * 65 + b"</a>" * 65),
    xml_case("XML: 100,001 elements", b"<a>" + b"<b/>" * 100_000 + b"</a>"),
    xml_case("XML: an encoding nobody knows", b"<?xml version='1.0' encoding='klingon'?><a/>"),
    xml_case("XML: JSON", b'{"a": 1}'),
]
