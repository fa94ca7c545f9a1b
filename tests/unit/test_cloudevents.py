import json
from datetime import datetime

import pytest
from cloudevents.http import from_http
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.wire import cloudevents

EVENT = {"specversion": "1.0", "id": "e1", "source": "/mes/1", "type": "execution.operation.started"}


@given(subject=st.text(min_size=1, max_size=50), data=st.dictionaries(st.text(max_size=20), st.integers()))
def test_the_reference_library_reads_our_envelope(subject, data):
    body = cloudevents.structured(
        {"id": "e1", "source": "/odoo/x/1", "type": "a.b", "subject": subject, "causationid": None},
        json.dumps(data),
    )
    event = from_http({"content-type": cloudevents.CONTENT_TYPE}, body)
    assert (event["id"], event["type"], event["subject"]) == ("e1", "a.b", subject)
    assert event.data == data
    assert "causationid" not in event.get_attributes()


def test_times_are_utc_with_a_z():
    assert cloudevents.moment(datetime(2026, 11, 21, 5, 30, 0, 250000)) == "2026-11-21T05:30:00.250000Z"


def test_an_event_keeps_what_it_says():
    parsed = cloudevents.parse(
        {**EVENT, "time": "2026-11-21T06:30:00+01:00", "sequence": "3", "data": {"a": 1}}
    )
    assert parsed["time"].isoformat() == "2026-11-21T06:30:00+01:00"
    assert (parsed["sequence"], parsed["data"]) == (3, {"a": 1})


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "not a JSON object"),
        ({}, "'specversion' is missing"),
        ({**EVENT, "id": ""}, "'id' is missing"),
        ({**EVENT, "type": 7}, "'type' is missing or not a text"),
        ({**EVENT, "specversion": "0.3"}, "CloudEvents 0.3 is not known"),
        ({**EVENT, "subject": 1}, "'subject' is not a text"),
        ({**EVENT, "time": "yesterday"}, "not an RFC 3339 time"),
        ({**EVENT, "time": "2026-11-21T06:30:00"}, "no time zone"),
        ({**EVENT, "sequence": "0"}, "whole number from 1"),
        ({**EVENT, "sequence": True}, "whole number from 1"),
        ({**EVENT, "sequence": "99999999999999999999"}, "whole number from 1"),
        ({**EVENT, "sequence": 1.5}, "whole number from 1"),
    ],
)
def test_what_is_no_event_is_explained(document, says):
    with pytest.raises(cloudevents.NotACloudEvent, match=says):
        cloudevents.parse(document)


@pytest.mark.parametrize(
    ("schema", "version"),
    [(None, 1), ("urn:x/v2", 2), ("https://x/y", 1), ("urn:x/v", 1), ("urn:x/v99999999", 1)],
)
def test_the_version_is_at_the_end_of_the_schema(schema, version):
    assert cloudevents.version_of(schema) == version
