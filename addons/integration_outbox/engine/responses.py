"""What a round of results says of the partners, and of the credentials that were used."""

from . import health


def by_subscription(results):
    """What the breakers have to hear: ``{subscription id: Responses}``."""
    seen = {}
    for job, row, response, outcome in results:
        if response.started_at is None or outcome.is_local:
            continue
        known = seen.get(job.channel.id)
        if known is None:
            known = seen[job.channel.id] = [0, [], 0]
        if outcome.is_sick:
            known[1].append(health.key_of(row, response.status))
        else:
            known[0] += 1
        if outcome.hold_s > known[2]:
            known[2] = outcome.hold_s
    return {id_: health.Responses(*known) for id_, known in seen.items()}


def credentials_used(results):
    """The credentials that what was answered had been signed with, or shown."""
    return {
        id_
        for job, _row, response, _outcome in results
        if response.status
        for id_ in job.channel.credential_ids
    }
