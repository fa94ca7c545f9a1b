"""Every mistake that can be made with a signature, its id and its time."""

from .case import Case


def unverified(name, **more):
    return Case(name, 401, "not-verified", **more)


CASES = [
    unverified("no signature", headers={"webhook-signature": None}),
    unverified("an empty signature", headers={"webhook-signature": ""}),
    unverified("a signature of another secret", signing={"secret": "other"}),
    unverified("a signature of another body", signing={"body": b"{}"}),
    unverified("a signature of another id", headers={"webhook-id": "msg_2"}),
    unverified("no id in the headers", headers={"webhook-id": None}),
    unverified("no timestamp", headers={"webhook-timestamp": None}),
    unverified("a timestamp in words", headers={"webhook-timestamp": "now"}),
    unverified("a timestamp with a fraction", headers={"webhook-timestamp": "1763730000.5"}),
    unverified("a negative timestamp", headers={"webhook-timestamp": "-1763730000"}),
    unverified("a timestamp of 30 digits", headers={"webhook-timestamp": "1" * 30}),
    unverified("another timestamp than was signed", headers={"webhook-timestamp": "+1"}),
    unverified("a timestamp 301 s ago: a replay", signing={"ago_s": 301}),
    unverified("a timestamp 302 s ahead: a clock that is off", signing={"ago_s": -302}),
    unverified("a timestamp in milliseconds", signing={"ago_s": "milliseconds"}),
    unverified("the signature without its version", signing={"edit": "strip"}),
    unverified("the signature as hexadecimal", signing={"edit": "hex"}),
    unverified("the signature as another version", signing={"edit": "v2"}),
    unverified("the signature as an ed25519 one", signing={"edit": "v1a"}),
    unverified("the first half of the signature", signing={"edit": "half"}),
    unverified("the signature behind eight others", signing={"edit": "ninth"}),
    unverified("the signature with commas between", signing={"edit": "commas"}),
    unverified("nothing but the version", headers={"webhook-signature": "v1,"}),
    unverified("not ASCII", headers={"webhook-signature": "v1,\xfc\xfc"}),
    unverified("another scheme's signature", headers={"webhook-signature": None, "x-hub-signature-256": "sha256=00"}),
    unverified("from an address that is not agreed", endpoint={"allowed_sources": "203.0.113.0/24"}),
    unverified("a secret that was revoked", signing={"revoked": True}),
    unverified("an archived address", endpoint={"active": False}),
    Case("an id of 256 characters", 400, "bad-message-id", message_id="m" * 256),
    Case("an id with a tab", 400, "bad-message-id", message_id="m\t1"),
    Case("an id with a control character", 400, "bad-message-id", message_id="m\x7f1"),
]  # fmt: skip
