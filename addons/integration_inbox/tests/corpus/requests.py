"""Method, path, headers, media types, encodings, sizes."""

import gzip

from .case import Case

MAPPED = {"mapping": '{"type": "test.partner.renamed", "data": $}'}

CASES = [
    Case("GET", 405, "method-not-allowed", method="GET", body=b""),
    Case("HEAD has no body to read", 405, "", method="HEAD", body=b""),
    Case("PUT", 405, "method-not-allowed", method="PUT"),
    Case("PATCH", 405, "method-not-allowed", method="PATCH"),
    Case("DELETE", 405, "method-not-allowed", method="DELETE", body=b""),
    Case("a method nobody knows", 405, "method-not-allowed", method="BREW"),
    Case("no token", 401, "not-verified", path="/integration/in/"),
    Case("another token", 401, "not-verified", path="/integration/in/xYz"),
    Case("the token in upper case", 401, "not-verified", path="{upper}"),
    Case("a slash behind the token", 401, "not-verified", path="{path}/"),
    Case("more path behind the token", 401, "not-verified", path="{path}/events"),
    Case("a path that climbs", 401, "not-verified", path="/integration/in/..%2f..%2fweb"),
    Case("a token with U+0000", 401, "not-verified", path="/integration/in/%00"),
    Case("a token of 4,000 characters", 401, "not-verified", path="/integration/in/" + "a" * 4000),
    Case("a token that is SQL", 401, "not-verified", path="/integration/in/'%20OR%20'1'='1"),
    Case("no content type", 415, "unsupported-media-type", headers={"content-type": None}),
    Case("an empty content type", 415, "unsupported-media-type", headers={"content-type": ""}),
    Case("text/plain", 415, "unsupported-media-type", headers={"content-type": "text/plain"}),
    Case("a file upload", 415, "unsupported-media-type", headers={"content-type": "multipart/form-data; boundary=x"}),
    Case("bytes", 415, "unsupported-media-type", headers={"content-type": "application/octet-stream"}),
    Case("two content types in one", 415, "unsupported-media-type", headers={"content-type": "text/html, application/json"}),
    Case("XML where nothing maps it", 415, "unsupported-media-type", headers={"content-type": "application/xml"}),
    Case("a form where nothing maps it", 415, "unsupported-media-type", headers={"content-type": "application/x-www-form-urlencoded"}),
    Case("JSON in Latin-1", 415, "unsupported-media-type", headers={"content-type": "application/json; charset=iso-8859-1"}),
    Case("JSON in UTF-16", 415, "unsupported-media-type", headers={"content-type": "application/json; charset=utf-16"}),
    Case("Brotli", 415, "unsupported-media-type", headers={"content-encoding": "br"}),
    Case("deflate", 415, "unsupported-media-type", headers={"content-encoding": "deflate"}),
    Case("gzip twice", 415, "unsupported-media-type", headers={"content-encoding": "gzip, gzip"}),
    Case("gzip that is none", 400, "not-gzip", headers={"content-encoding": "gzip"}),
    Case("gzip that ends early", 400, "not-gzip", body=gzip.compress(b'{"a": 1}')[:-4], headers={"content-encoding": "gzip"}),
    Case("gzip with more behind it", 400, "not-gzip", body=gzip.compress(b'{"a": 1}') + b"!", headers={"content-encoding": "gzip"}),
    Case("a gzip bomb", 413, "body-too-large", body=gzip.compress(bytes(30_000_000)), headers={"content-encoding": "gzip"}),
    Case("a body beyond the bound", 413, "body-too-large", body=b'"' + b"x" * 1024 + b'"', endpoint={"max_body_kb": 1}),
    Case("a body that ends early", 400, "unreadable", short_by=10),
    Case("17 kB of headers", 431, "headers-too-large", headers={"x-padding": "x" * 17_000}),
    Case("form: not UTF-8", 400, "not-form", body=b"a=%ff", endpoint=MAPPED, headers={"content-type": "application/x-www-form-urlencoded"}),
    Case("form: too many fields", 400, "not-form", body=b"&".join([b"a=1"] * 1001), endpoint=MAPPED, headers={"content-type": "application/x-www-form-urlencoded"}),
    Case("form: U+0000", 400, "not-form", body=b"a=%00", endpoint=MAPPED, headers={"content-type": "application/x-www-form-urlencoded"}),
]  # fmt: skip
