"""How what was posted becomes events: mappings, lists of events, batches, compressed bodies, repeats."""

import gzip
import json

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import RENAMED, InboxCase

JSON = {"content-type": "application/json"}
BATCH = "application/cloudevents-batch+json"
MAPPING = """orders.{
  "type": "test.partner.renamed",
  "subject": customer,
  "sequence": number,
  "data": {"partner": customer, "name": $headers.`x-brand` & " " & name}
}"""

SCRAP = '{"type": "test.partner.renamed", "data": {"partner": partner, "name": name}}'


@tagged("post_install", "-at_install")
class TestFormats(InboxCase):
    def post(self, document, message_id="msg_1", content_type="application/json", **headers):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.accept(body, {**self.headers(body, message_id), "content-type": content_type, **extra})

    def result(self, answer):
        return answer.status, json.loads(answer.body)

    def test_a_mapping_makes_our_event_of_theirs(self):
        self.endpoint.mapping = MAPPING
        self.env.flush_all()
        posted = {"orders": {"customer": "K-100", "number": 1, "name": "AG"}}
        self.assertEqual(self.post(posted, x_brand="Nordwind").status, 202)
        self.run_lane()
        message = self.message()
        self.assertEqual((message.state, message.type, message.sequence), ("processed", RENAMED, 1))
        self.assertEqual(self.partner.name, "Nordwind AG")
        self.assertEqual(json.loads(message.body), posted)

    def test_several_events_of_one_message_are_applied_together_or_not_at_all(self):
        self.endpoint.mapping = MAPPING.replace('  "sequence": number,\n', "")
        self.env.flush_all()
        good = {"customer": "K-100", "name": "AG"}
        self.post({"orders": [good, {**good, "name": "SE"}]}, x_brand="Nordwind")
        self.post(
            {"orders": [{**good, "name": "Co."}, {**good, "customer": "K-999"}]}, "msg_2", x_brand="Nord"
        )
        self.run_lane()
        self.assertEqual([self.message(f"msg_{n}").state for n in (1, 2)], ["processed", "waiting"])
        self.assertEqual(self.partner.name, "Nordwind SE")
        self.assertEqual(self.partner.comment.count("+"), 2)

    def test_a_mapping_that_fails_loses_nothing_and_can_be_mended(self):
        self.endpoint.mapping = '{"type": "test.partner.renamed", "data": $number(customer)}'
        self.env.flush_all()
        self.assertEqual(self.result(self.post({"customer": "K-100"}))[1]["status"], "quarantined")
        self.assertIn("Mapping:", self.message().reason)
        self.assertEqual(self.message().type, "unmapped")
        self.endpoint.mapping = (
            '{"type": "test.partner.renamed", "data": {"partner": customer, "name": "Nordwind AG"}}'
        )
        self.message().with_user(self.operator()).action_retry()
        self.run_lane()
        self.assertEqual((self.message().state, self.partner.name), ("processed", "Nordwind AG"))
        self.assertEqual(self.message().note_ids.mapped("user_id"), self.operator())

    def test_a_mapping_that_is_still_wrong_says_so_and_changes_nothing(self):
        self.endpoint.mapping = '{"type": "test.partner.renamed", "data": $number(customer)}'
        self.env.flush_all()
        self.post({"customer": "K-100"})
        self.message().with_user(self.operator()).action_retry()
        self.assertEqual(self.message().state, "quarantined")
        self.assertIn("Mapping:", self.message().reason)

    def test_what_a_mapping_wants_nothing_of_is_kept_without_alarm(self):
        self.endpoint.mapping = 'topic = "orders" ? {"type": "test.partner.renamed", "data": $}'
        self.env.flush_all()
        self.assertEqual(self.result(self.post({"topic": "carts"})), (202, {"id": "msg_1", "status": "kept"}))
        self.assertEqual((self.message().state, self.message().attempt_count), ("kept", 0))

    def test_a_form_and_xml_are_mapped_like_json(self):
        self.endpoint.mapping = (
            '{"type": "test.partner.renamed", "data": {"partner": (Rename.ID; $exists(Rename) ? Rename.ID : id), '
            '"name": $exists(Rename) ? Rename.Name : name}}'
        )
        self.env.flush_all()
        xml = "<?xml version='1.0' encoding='ISO-8859-1'?><Rename><ID>K-100</ID><Name>Müller</Name></Rename>"
        raw = xml.encode("latin-1")
        self.assertEqual(self.post(raw, "msg_1", "text/xml").status, 202)
        self.run_lane()
        self.assertEqual(self.partner.name, "Müller")
        self.assertEqual(self.message()._bytes(), raw, "the very bytes")
        self.post(b"id=K-100&name=S%C3%BCdwind", "msg_2", "application/x-www-form-urlencoded")
        self.run_lane()
        self.assertEqual(self.partner.name, "Südwind")

    def test_gzip_is_verified_as_sent_and_kept_as_sent(self):
        packed = gzip.compress(self.body("Nordwind AG"))
        self.assertEqual(self.post(packed, content_encoding="gzip").status, 202)
        self.run_lane()
        self.assertEqual((self.message().state, self.partner.name), ("processed", "Nordwind AG"))
        self.assertEqual(self.message()._bytes(), packed)
        self.assertIn("Nordwind AG", self.message().body)

    def test_binary_mode_carries_the_attributes_in_headers(self):
        headers = {
            "ce_specversion": "1.0", "ce_id": "e-1", "ce_source": "/crm/nord", "ce_type": RENAMED,
            "ce_subject": "M%C3%BCller", "ce_sequence": "1", "ce_partitionkey": "K-100",
        }  # fmt: skip
        answer = self.post({"partner": "K-100", "name": "Nordwind AG"}, **headers)
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual((self.message().subject, self.message().sequence), ("Müller", 1))
        self.run_lane()
        self.assertEqual(self.message().state, "processed")

    # -- batches ---------------------------------------------------------------------------------

    def batch(self, *names):
        return [json.loads(self.body(name, event_id=f"b-{n}")) for n, name in enumerate(names, 1)]

    def of_batch(self, number):
        return self.message(f"b-{number} /crm/nord")

    def test_each_event_of_a_batch_is_a_message_with_its_own_text(self):
        body = (
            b"[\n  " + self.body("One", event_id="b-1") + b" ,\t" + self.body("Two", event_id="b-2") + b"\n]"
        )
        status, answer = self.result(self.post(body, content_type=BATCH))
        self.assertEqual(status, 202)
        self.assertEqual([result["status"] for result in answer["results"]], ["accepted", "accepted"])
        self.assertEqual(self.of_batch(1).body.encode(), self.body("One", event_id="b-1"))
        self.run_lane()
        self.assertEqual(self.of_batch(1).state + self.of_batch(2).state, "processedprocessed")
        status, again = self.result(self.post(body, "msg_2", content_type=BATCH))
        self.assertEqual((status, again["results"][0]["http_status"]), (200, 200))
        self.assertEqual(self.partner.comment.count("+"), 2)

    def test_a_mapping_of_a_batch_reads_the_headers_too(self):
        self.endpoint.mapping = '{"type": "test.partner.renamed", "data": {"partner": ref, "name": $headers.`x-brand` & " " & name}}'
        self.env.flush_all()
        answer = self.post([{"ref": "K-100", "name": "AG"}], content_type=BATCH, x_brand="Nordwind")
        self.assertEqual(answer.status, 202, answer.body)
        self.run_lane()
        self.assertEqual(self.partner.name, "Nordwind AG")

    def test_one_bad_event_refuses_the_batch_or_itself_as_the_endpoint_says(self):
        events = self.batch("One", "Two")
        events[1]["type"] = "sales.order.placed"
        status, problem = self.result(self.post(events, content_type=BATCH))
        self.assertEqual((status, problem["results"][0]["status"]), (422, "accepted"))
        self.assertFalse(self.of_batch(1), "nothing of it was taken")
        self.endpoint.batch_policy = "each"
        self.env.flush_all()
        status, answer = self.result(self.post(events, content_type=BATCH))
        self.assertEqual(status, 202)
        self.assertEqual([result["http_status"] for result in answer["results"]], [202, 422])
        self.assertIn("event-type-not-accepted", answer["results"][1]["type"])
        self.assertTrue(self.of_batch(1))

    # -- repeats ---------------------------------------------------------------------------------

    def test_a_repeat_is_told_what_the_first_was_told_whatever_became_of_it(self):
        self.endpoint.unknown_policy = "quarantine"
        self.env.flush_all()
        body = self.body(kind="test.unheard.of")
        first = self.accept(body, self.headers(body))
        self.message()._transition("dead", ["quarantined"])
        self.env.flush_all()
        again = self.accept(body, self.headers(body))
        self.assertEqual((first.status, again.status, again.body), (202, 200, first.body))

    def test_repeats_are_known_longer_than_payloads_are_kept(self):
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda _me, _gone: 60)
        self.endpoint.write({"body_days": 30, "window_days": 60})
        self.post(self.body())
        self.post(self.body("Never", event_id="e-2"), "msg_2")
        self.run_lane()

        def days_later(days):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE integration_message SET received_at = received_at - make_interval(days => %s)", [days]
            )
            self.env["integration.message"]._cron_retention()
            self.env.invalidate_all()

        days_later(31)
        self.assertEqual((self.message().state, self.message().body), ("processed", False))
        self.assertIn("Never", self.message("msg_2").body, "a dead one is kept until somebody decides")
        self.assertEqual(self.post(self.body()).status, 200)
        self.assertEqual(self.post(self.body("Other")).status, 409)
        self.run_lane()
        self.assertEqual(self.partner.comment.count("+"), 1)
        days_later(30)
        self.assertFalse(self.message())
        self.assertTrue(self.message("msg_2"))

    # -- the id of a message -----------------------------------------------------------------------

    def by_key(self, document, **settings):
        """Accept a document of a partner who shows an API key, and has no header for an id."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.endpoint.write({"scheme": "api_key", "mapping": SCRAP, **settings})
        self.env.flush_all()
        return self.accept(body, {**JSON, "x-api-key": "plant-7f3a99c1-0000"})

    def with_key(self):
        self.env["integration.credential"].create(
            {
                "system_id": self.crm.id,
                "purpose": "verify",
                "kind": "api_key",
                "secret": "plant-7f3a99c1-0000",
            }
        )

    def test_two_true_equal_reports_are_two_where_the_endpoint_names_their_id(self):
        self.with_key()
        report = {"partner": "K-100", "name": "One piece scrapped"}
        for number in (1, 2):
            answer = self.by_key({"event": {"id": number}, **report}, id_expression="event.id")
            self.assertEqual(self.result(answer), (202, {"id": str(number), "status": "accepted"}))
        again = self.by_key({**report, "event": {"id": 2}})
        self.assertEqual(again.status, 409, "the same id with another body")
        self.run_lane()
        self.assertEqual(self.partner.comment.count("+"), 2)

    def test_a_repeat_is_known_by_the_id_that_the_endpoint_names(self):
        self.with_key()
        report = {"shift": "A", "count": 7, "partner": "K-100", "name": "Scrapped"}
        expression = '$headers.`content-type` & ":" & shift & "-" & $string(count)'
        self.assertEqual(self.by_key(report, id_expression=expression).status, 202)
        self.assertEqual(self.by_key(report).status, 200)
        self.assertTrue(self.message("application/json:A-7"))

    def test_each_document_of_a_batch_has_the_id_that_the_endpoint_names(self):
        self.endpoint.write({"mapping": SCRAP, "id_expression": "no"})
        self.env.flush_all()
        report = {"partner": "K-100", "name": "Scrapped"}
        answer = self.post([{"no": "a", **report}, {"no": "b", **report}], content_type=BATCH)
        self.assertEqual([r["id"] for r in json.loads(answer.body)["results"]], ["a", "b"])

    def test_a_message_without_the_id_is_refused_in_the_senders_words(self):
        self.with_key()
        for event_id, says in (
            (None, "event.id is missing or empty"),
            ("", "event.id is missing or empty"),
            ({"no": 1}, "event.id has to be a text or a number"),
            (True, "event.id has to be a text or a number"),
            ("a" * 256, "event.id has to be 1 to 255 printable characters"),
            ("a\nb", "event.id has to be 1 to 255 printable characters"),
        ):
            document = {"event": {"id": event_id}, "partner": "K-100", "name": "Scrapped"}
            status, problem = self.result(self.by_key(document, id_expression="event.id"))
            self.assertEqual(status, 400)
            self.assertIn(says, problem["detail"])
        status, problem = self.result(self.by_key({"event": "x"}, id_expression="$number(event)"))
        self.assertEqual(status, 400)
        self.assertIn("$number(event) cannot be read from the body", problem["detail"])
        with self.assertRaisesRegex(ValidationError, "Message ID: .*character"):
            self.endpoint.id_expression = "event.("

    def test_the_form_says_where_messages_have_no_id(self):
        self.endpoint.write({"scheme": "api_key", "mapping": SCRAP})
        self.assertFalse(self.endpoint.has_message_id)
        for changed in (
            {"id_expression": "event.id"},
            {"id_header": "x-id"},
            {"scheme": "github"},
            {"mapping": False},
        ):
            with self.subTest(changed), Form(self.endpoint) as form:
                self.assertFalse(form.has_message_id)
                for name, value in changed.items():
                    setattr(form, name, value)
                self.assertTrue(form.has_message_id)
                for name in changed:
                    setattr(form, name, {"scheme": "api_key", "mapping": SCRAP}.get(name, False))

    # -- the editor ------------------------------------------------------------------------------

    def test_the_editor_shows_what_becomes_of_the_last_message(self):
        self.endpoint.mapping = '{"type": "test.partner.renamed", "data": $}'
        self.env.flush_all()
        self.post({"partner": "K-100", "name": "Nordwind AG"})
        with Form(self.endpoint) as form:
            self.assertIn("Nordwind AG", form.sample_body)
            self.assertIn("test.partner.renamed", form.preview)
            self.assertFalse(form.preview_problem)
            form.mapping = '{"type": "test.partner.renamed", "data": {"partner": partner, "name": 7}}'
            self.assertIn("name: Input should be a valid string", form.preview_problem)
            form.mapping = '{"typ": "x"}'
            self.assertIn("'typ'", form.preview_problem)
            form.mapping = "{"
            self.assertTrue(form.preview_problem)
            form.mapping_preset = "shopify"
            self.assertIn("commerce.order.placed", form.mapping)
            self.assertIn("has no result", form.preview_problem)

    def test_every_preset_maps_its_own_example(self):
        for name in ("github", "stripe", "shopify", "slack", "easypost"):
            other = self.endpoint.copy({"name": name})
            with Form(other) as form:
                form.event_patterns = "*"
                form.mapping_preset = name
                # These events have no handler here; that is all that is wrong with them.
                self.assertIn("No installed module knows", form.preview_problem, name)
                self.assertIn('"type"', form.preview)
