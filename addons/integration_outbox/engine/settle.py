"""Writing down what came back: one statement for the deliveries of a batch and their attempts."""

import json

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.policy import masking
from odoo.addons.integration_core.trust import echo
from odoo.addons.integration_core.wire import standard_webhooks

from . import ordering
from .send import KEEP_BYTES

_quoted = json.encoder.encode_basestring
MASK = '"•••"'
MASKED = {"webhook-signature", "authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"}

# Only what this worker still holds: a lease that ran out meanwhile is another worker's. What was
# never sent was no attempt. One statement and one parameter: with an array for each column
# half of the time went into writing and reading the arrays.
# primary key. Nothing is said of the state: whoever holds the lease knows it is "sending", and the planner
# would walk the index of all that are being sent, once for each result.
SETTLE = """
    WITH settled AS (
        UPDATE integration_delivery AS delivery
           SET state = result.state,
               status_code = result.status,
               reason = result.reason,
               failure_count = CASE result.state WHEN 'delivered' THEN 0 ELSE failure_count + 1 END,
               crash_count = 0,
               next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => result.delay_s),
               delivered_at = CASE WHEN result.state = 'delivered' THEN clock_timestamp() AT TIME ZONE 'UTC'
                              ELSE delivered_at END,
               died_at = CASE WHEN result.state = 'dead' THEN clock_timestamp() AT TIME ZONE 'UTC' END,
               lease_until = NULL,
               leased_by = NULL
          FROM json_to_recordset(%(results)s)
            AS result (id int, attempt int, state varchar, status int, reason varchar, delay_s float,
                       started_at float, duration_ms int, url varchar, request_headers text,
                       response_headers text, response_body text, replay_id int)
         WHERE delivery.id = result.id AND delivery.leased_by = %(worker)s
           AND delivery.attempt_count = result.attempt
     RETURNING result.*
    ), noted AS (
        INSERT INTO integration_attempt
                    (delivery_id, number, started_at, duration_ms, is_success, status_code, reason, url,
                     request_headers, response_headers, response_body, replay_id, worker)
             SELECT id, attempt, to_timestamp(started_at) AT TIME ZONE 'UTC', duration_ms, state = 'delivered',
                    status, reason, url, request_headers, response_headers, response_body, replay_id,
                    %(worker)s
               FROM settled
              WHERE started_at IS NOT NULL
    )
    SELECT id FROM settled
"""
# The filter does not want them: they were never to be sent. Those behind them have been called before.
FORGET = "DELETE FROM integration_delivery WHERE id = ANY (%s) AND leased_by = %s"

# What dies, or expires, goes to the subscription that its own falls back on. Where that one keeps order, it waits
# to be enqueued (``ordering.enqueue_unplaced``): that takes the dispatch lock, and here rows are locked already.
# primary keys; unique index on (event_id, subscription_id)
FALL_BACK = """
    INSERT INTO integration_delivery
                (event_id, subscription_id, state, attempt_count, failure_count, created_at, partition_key,
                 next_attempt_at)
         SELECT delivery.event_id, fallback.id, 'pending', 0, 0, clock_timestamp() AT TIME ZONE 'UTC',
                CASE WHEN fallback.is_ordered THEN coalesce(event.partition_key, event.event_id) END,
                CASE WHEN fallback.is_ordered IS NOT TRUE THEN clock_timestamp() AT TIME ZONE 'UTC' END
           FROM integration_delivery AS delivery
           JOIN integration_subscription AS subscription ON subscription.id = delivery.subscription_id
           JOIN integration_subscription AS fallback ON fallback.id = subscription.fallback_id
           JOIN integration_event AS event ON event.id = delivery.event_id
          WHERE delivery.id = ANY (%s) AND delivery.state IN ('dead', 'expired')
          ORDER BY delivery.event_id
    ON CONFLICT (event_id, subscription_id) DO NOTHING
"""
OVER = {"delivered", "expired", "unwanted"}


# No form of a signature is shorter (44 characters, Standard Webhooks 1.0); less of a response quotes none.
SHORTEST_SIGNATURE = 40


def headers_text(headers, secret_headers=()):
    """Headers as they are stored: JSON, secrets masked.

    :param secret_headers: a channel's, whose names are hidden besides those that always are.
    """
    masked = _masked(secret_headers)
    pairs = [
        f"{_quoted(name)}: {MASK if name in masked else _quoted(value)}" for name, value in headers.items()
    ]
    return "{" + ", ".join(pairs) + "}"


def _masked(secret_headers):
    return MASKED.union(name for name, _value in secret_headers) if secret_headers else MASKED


def sent_in(headers, secret_headers=()):
    """What these headers of a request proved us with, to find it where a partner sends it back: an :class:`echo.Sent`."""
    lasting, once = (), ()
    for name in _masked(secret_headers) & headers.keys():
        if name == standard_webhooks.SIGNATURE:
            once = echo.signatures_in(headers[name])
        else:
            lasting += echo.secrets_in(name, headers[name])
    return echo.Sent(lasting, once)


def answer_of(response, sent):
    """What is stored of a partner's answer: what the request proved us with is masked where it comes back.

    :param sent: an :class:`echo.Sent`. :return: ``(headers as JSON, body)``.
    """
    headers = {name: sent.masked(value) for name, value in response.headers.items()}
    body = response.body
    if body:
        # A character has up to four bytes: one that is shorter was not cut off.
        body = sent.masked(body, len(body) * 4 >= KEEP_BYTES and len(body.encode()) >= KEEP_BYTES - 3)
    return headers_text(headers), body


def sent_of(job):
    """What a job's requests proved us with, also where its token was asked for."""
    channel = job.channel
    sent = sent_in(job.headers, channel.secret_headers) if job.headers else echo.Sent()
    client = channel and channel.client
    if client and isinstance(client.secret, str):
        basic = f"{client.client_id}:{client.secret}"
        return sent._replace(lasting=(*sent.lasting, client.secret, basic))
    return sent


def _may_quote(job, response):
    """Whether a response is long enough to quote what its request proved us with."""
    channel = job.channel
    least = 1 if channel is None or channel.secret_headers or channel.client else SHORTEST_SIGNATURE
    texts = (response.body or "", response.reason or "", *response.headers.values())
    return max(map(len, texts)) >= least


def settle(cr, worker, results):
    """Write the outcomes down.

    :param results: ``[(Job, Claimed, Response, Outcome), …]`` of deliveries that ``worker`` holds.
    :return: those of them that it still held.
    """
    ordered = [row.id for _job, row, _response, _outcome in results if row.is_ordered]
    if ordered:
        ordering.lock(cr, ordered)
    noted = [result for result in results if result[3].state != "unwanted"]
    ours = _note_states(cr, worker, noted) if noted else set()
    noted = [result for result in noted if result[1].id in ours]
    unwanted = [row.id for _job, row, _response, outcome in results if outcome.state == "unwanted"]
    if ordered:
        over = {row.id for job, row, _response, outcome in noted if _is_over(job, outcome)} | {*unwanted}
        ordering.release_next(cr, [id_ for id_ in ordered if id_ in over])
    if unwanted:
        cr.execute(FORGET, [unwanted, worker])
    fall_back(
        cr,
        [
            row.id
            for job, row, _response, outcome in noted
            if outcome.state in ("dead", "expired") and job.channel.fallback_id
        ],
    )
    return noted


def _note_states(cr, worker, results):
    rows, answered = [], None
    for job, row, response, outcome in results:
        if response is not answered:  # one is that of all deliveries of a batch
            answered = response
            sent = sent_of(job) if _may_quote(job, response) else None
            headers, body = (
                answer_of(response, sent) if sent else (headers_text(response.headers), response.body)
            )
        rows.append(
            {
                "id": row.id,
                "attempt": row.attempt,
                "state": outcome.state,
                "status": response.status,
                "reason": outcome.reason and _reason(row, response, outcome.reason, sent),
                "delay_s": outcome.delay_s,
                "started_at": response.started_at,
                "duration_ms": response.duration_ms,
                "url": job.url,
                "request_headers": job.headers_text,
                "response_headers": headers,
                "response_body": body,
                "replay_id": row.replay_id,
            }
        )
    cr.execute(SETTLE, {"results": json.dumps(rows), "worker": worker})
    return {id_ for (id_,) in cr.fetchall()}


def _reason(row, response, reason, sent=None):
    """Why it failed, as it is stored: what it quotes of the partner may quote the payload, or what proved us."""
    quoted = response.headers.get("location")
    if quoted and quoted in reason:
        declaration = declare.EVENTS.get((row.type, row.version))
        if declaration and masking.hidden([declaration.data], [declaration.data_class]):
            reason = reason.replace(quoted, masking.MASK)
    return sent.masked(reason) if sent else reason


def _is_over(job, outcome):
    return outcome.state in OVER or outcome.state == "dead" and not job.channel.holds_at_dead


def fall_back(cr, ids):
    """Hand on what has died or expired. :param ids: of deliveries."""
    if ids:
        cr.execute(FALL_BACK, [list(ids)])


def without_details(result, error):
    """A result whose response PostgreSQL does not take, without what was answered. :param error: why it does not."""
    job, row, response, outcome = result
    sentence = str(error).partition("\n")[0]
    reason = _reason(row, response, outcome.reason or "Delivered", sent_of(job))
    reason = f"{reason}; the response could not be stored: {sentence}"
    plain = reason.encode("ascii", "replace").decode().replace("\0", "?")[:500]
    return (
        job._replace(headers_text=None, headers=None),
        row,
        response._replace(headers={}, body="", reason=None),
        outcome._replace(reason=plain),
    )
