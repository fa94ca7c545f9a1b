"""Writing down what came back: one statement for the deliveries of a batch, one for the attempts."""

import json
from datetime import datetime, timezone

MASKED = {"webhook-signature", "authorization", "cookie", "set-cookie", "x-api-key"}

# Only what this worker still holds: a lease that ran out meanwhile is another worker's.
SETTLE = """
    UPDATE integration_delivery AS delivery
       SET state = result.state,
           status_code = result.status,
           reason = result.reason,
           failure_count = CASE WHEN result.state = 'delivered' THEN 0 ELSE failure_count + 1 END,
           next_attempt_at = CASE WHEN result.delay_s IS NULL THEN NULL
                ELSE clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => result.delay_s) END,
           delivered_at = CASE WHEN result.state = 'delivered' THEN clock_timestamp() AT TIME ZONE 'UTC' END,
           lease_until = NULL,
           leased_by = NULL
      FROM unnest(%s::int[], %s::varchar[], %s::int[], %s::varchar[], %s::float[])
           AS result (id, state, status, reason, delay_s)
     WHERE delivery.id = result.id AND delivery.state = 'sending' AND delivery.leased_by = %s
"""
INSERT_ATTEMPTS = """
    INSERT INTO integration_attempt
                (delivery_id, number, started_at, duration_ms, is_success, status_code, reason, url,
                 request_headers, response_headers, response_body, worker)
         SELECT attempt.*, %s
           FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::int[], %s::bool[], %s::int[],
                       %s::varchar[], %s::varchar[], %s::text[], %s::text[], %s::text[])
             AS attempt
"""


def headers_text(headers):
    """Headers as a person reads them, secrets masked."""
    return json.dumps({name: "•••" if name in MASKED else value for name, value in headers.items()}, indent=2)


def settle(cr, worker, results):
    """:param results: ``[(Job, Outcome, Verdict), …]`` of deliveries that ``worker`` holds."""
    cr.execute(
        SETTLE,
        [
            *_columns(
                (job.claimed.id, verdict.state, outcome.status, verdict.reason, verdict.delay_s)
                for job, outcome, verdict in results
            ),
            worker,
        ],
    )
    cr.execute(
        INSERT_ATTEMPTS,
        [
            worker,
            *_columns(
                (
                    job.claimed.id,
                    job.claimed.attempt,
                    datetime.fromtimestamp(outcome.started_at, timezone.utc).replace(tzinfo=None),
                    outcome.duration_ms,
                    verdict.state == "delivered",
                    outcome.status,
                    verdict.reason,
                    job.url,
                    headers_text(job.headers),
                    headers_text(outcome.headers),
                    outcome.body,
                )
                for job, outcome, verdict in results
            ),
        ],
    )


def _columns(rows):
    return [list(column) for column in zip(*rows, strict=True)]
