"""CloudEvents that lack something, types and versions that are not taken, ids that were used."""

import json

from .case import Case

BATCH = {"content-type": "application/cloudevents-batch+json"}


def event_case(name, **attributes):
    return Case(name, 400, "not-a-cloudevent", event=attributes)


def batch_case(name, *events):
    return Case(name, 422, "batch-refused", body=json.dumps(events).encode(), headers=BATCH)


GOOD = {
    "specversion": "1.0", "id": "b-1", "source": "/crm/nord", "type": "test.partner.renamed",
    "data": {"partner": "K-100", "name": "Nordwind AG"},
}  # fmt: skip

CASES = [
    Case("a list", 400, "not-a-cloudevent", body=b"[]"),
    Case("a text", 400, "not-a-cloudevent", body=b'"hello"'),
    Case("null", 400, "not-a-cloudevent", body=b"null"),
    Case("a number", 400, "not-a-cloudevent", body=b"42"),
    Case("plain JSON where nothing maps it", 400, "not-a-cloudevent", body=b'{"order": "WH/MO/00042"}'),
    event_case("no specversion", specversion=None),
    event_case("CloudEvents 0.3", specversion="0.3"),
    event_case("specversion as a number", specversion=1.0),
    event_case("no id", id=None),
    event_case("an empty id", id=""),
    event_case("an id that is a number", id=7),
    event_case("an id of 501 characters", id="x" * 501),
    event_case("no source", source=None),
    event_case("no type", type=None),
    event_case("a type that is a list", type=["test.partner.renamed"]),
    event_case("a subject that is an object", subject={"a": 1}),
    event_case("a subject of 501 characters", subject="x" * 501),
    event_case("a time that is none", time="noon"),
    event_case("a time without a zone", time="2026-11-21T06:30:00"),
    event_case("the 31st of February", time="2026-02-31T06:30:00Z"),
    event_case("the year 1", time="0001-01-01T00:00:00+14:00"),
    event_case("the year 9999", time="9999-12-31T23:59:59-14:00"),
    event_case("a time that is a number", time=1763730000),
    event_case("a sequence in words", sequence="first"),
    event_case("sequence zero", sequence="0"),
    event_case("a negative sequence", sequence="-1"),
    event_case("a sequence of 40 digits", sequence="9" * 40),
    event_case("a sequence in Arabic digits", sequence="٣"),
    event_case("a partition key that is a number", partitionkey=100),
    event_case("a partition key of 501 characters", partitionkey="x" * 501),
    event_case("a dataschema that is an object", dataschema={}),
    Case("a type that is not accepted here", 422, "event-type-not-accepted", event={"type": "sales.order.placed"}),
    Case("a type that nobody knows", 422, "unknown-event-type", event={"type": "test.unheard.of"}),
    Case("a version that nobody knows", 422, "unknown-event-type", event={"dataschema": "urn:x/v99"}),
    Case("a type in upper case", 422, "event-type-not-accepted", event={"type": "TEST.PARTNER.RENAMED"}),
    Case("a type that is a path", 422, "unknown-event-type", event={"type": "test./../../etc/passwd"}),
    Case("the id of another body", 409, "id-used-before", before=1, event={"data": {"partner": "K-100", "name": "X"}}),
    Case("the id of a body that differs by a blank", 409, "id-used-before", before=1, event={"source": "/crm/nord "}),
    batch_case("a batch of one bad event", {**GOOD, "id": ""}),
    batch_case("a batch with one bad event among good ones", GOOD, {**GOOD, "id": "b-2", "type": "sales.order.placed"}),
    batch_case("a batch that is no list of objects", GOOD, 7),
    batch_case("a batch with one id and two bodies", GOOD, {**GOOD, "subject": "other"}),
    Case("a batch of 1,001", 413, "batch-too-large", body=json.dumps([GOOD] * 1001).encode(), headers=BATCH),
    Case("the rate is used up", 429, "too-many-messages", endpoint={"rate_per_s": 0.01, "burst": 1}, before=1),
    Case("too much waits", 503, "backlog-full", endpoint={"max_waiting": 1}, before=1, message_id="msg_2"),
]  # fmt: skip
