"""Whatever verified senders post, the answer is one of ours: never an exception, which would be a 500."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.integration_core.trust.throttle import GUESSES

from .common import RENAMED, InboxCase

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = (
    "specversion", "id", "source", "type", "subject", "time", "sequence", "partitionkey", "dataschema",
    "traceparent", "correlationid", "data", "data_base64",
)  # fmt: skip
events = st.dictionaries(st.sampled_from(ATTRIBUTES), values, max_size=6)
MEDIA = st.sampled_from(
    [
        "application/json", "application/cloudevents+json", "application/cloudevents-batch+json",
        "application/xml", "application/x-www-form-urlencoded", "application/ld+json", "", "application/json; charset=x",
    ]
)  # fmt: skip
header_texts = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
MAPPINGS = st.sampled_from(
    ["", "$", '{"type": "test.partner.renamed", "data": $}', "data", '{"type": type, "sequence": sequence, "time": time}']
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestFuzz(InboxCase):
    @settings(max_examples=400, suppress_health_check=list(HealthCheck), deadline=None)
    @given(
        document=events | values | st.lists(events, max_size=3) | st.binary(max_size=60),
        media=MEDIA,
        mapping=MAPPINGS,
        message_id=st.just("msg_1") | header_texts,
        headers=st.dictionaries(
            st.sampled_from(["ce-specversion", "ce-type", "ce-id", "ce-time", "content-encoding", "x-any"]),
            st.sampled_from(["1.0", RENAMED, "gzip", "%00", "%ff"]) | header_texts,
            max_size=4,
        ),
        is_good=st.booleans(),
    )
    def test_no_request_ends_in_an_exception(self, document, media, mapping, message_id, headers, is_good):
        if is_good and isinstance(document, dict):
            document = {**json.loads(self.body()), **document}
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        with self.cr.savepoint() as savepoint:
            self.endpoint.write(
                {"mapping": mapping, "unknown_policy": "keep", "batch_policy": "each", "event_patterns": "*"}
            )
            self.env.flush_all()
            GUESSES.forget()  # what it refuses would not be looked at
            answer = self.accept(body, {**self.headers(body, message_id), **headers, "content-type": media})
            self.assertIn(answer.status, (200, 202, 400, 401, 409, 413, 415, 422))
            self.assertIsInstance(json.loads(answer.body), dict)
            if answer.status == 202:
                self.check_kept()
            savepoint.rollback()
            self.env.invalidate_all()

    def check_kept(self):
        """What was taken can be looked at and, where it may be applied, understood again."""
        self.env.invalidate_all()
        for message in self.env["integration.message"].search([("endpoint_id", "=", self.endpoint.id)]):
            message.read(["body_pretty", "derived_pretty", "display_name", "headers"])
            if message.state == "received":
                self.assertTrue(message._events())
