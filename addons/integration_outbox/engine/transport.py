"""The HTTP side of a lane: requests under way, and the access tokens that some of them have to wait for."""

import time
from collections import namedtuple

from odoo.addons.integration_core import logs

from . import tokens
from .send import Response, Sender

_logger = logs.get_logger(__name__)

# A request for the access token that deliveries of this channel, and of others like it, wait for.
TokenRequest = namedtuple("TokenRequest", "client")


class Transport:
    """Senders, one for each set of allowed networks and each client certificate; and tokens that are fetched."""

    def __init__(self):
        self.senders = []
        self.fetching = set()  # clients whose token is being fetched
        self._failed = []  # [(client, Response), …]: tokens that could not even be asked for

    def start(self, job, request, channel):
        """Begin one request; its response comes out of :meth:`finished` with ``job``."""
        self._sender(channel).start(job, request.url, request.headers, request.body, channel.timeout_s)

    def finished(self, wait_s):
        """Take in what has come, after at most ``wait_s`` seconds.

        :return: ``[(job, Response), …]`` of requests that ended, and ``[(client, Response), …]`` of clients that
            got no token: the response says why.
        """
        active = [sender for sender in self.senders if sender.in_flight]
        ended, (without_token, self._failed) = [], (self._failed, [])
        for sender in active:
            for job, response in sender.finished(wait_s / len(active)):
                if isinstance(job, TokenRequest):
                    without_token += self._take_token(job.client, response)
                else:
                    ended.append((job, response))
        return ended, without_token

    @property
    def is_busy(self):
        return any(sender.in_flight for sender in self.senders)

    def token_of(self, channel):
        """The access token to show, ``None`` where none is needed or it has to be fetched."""
        return tokens.of(channel.client) if channel.client else None

    def is_waiting_for_token(self, channel):
        """Whether the channel's deliveries have to wait for an access token; sends for one."""
        client = channel.client
        if not client or tokens.of(client):
            return False
        if client not in self.fetching:
            self.fetching.add(client)
            try:
                headers, body = tokens.request(client)
                self._sender(channel).start(
                    TokenRequest(client), client.url, headers, body, channel.timeout_s, tokens.LARGEST_ANSWER
                )
            except Exception as error:
                _logger.exception("a token for credential %s could not be asked for", client.id)
                self._failed += self._take_token(
                    client, Response(0, type(error).__name__, time.time(), 0, {}, "")
                )
        return True

    def note_refused_token(self, job, response):
        """The partner does not take the token that it was shown any more: another is fetched next time."""
        if job.token and response.status == 401:
            tokens.refused(job.channel.client, job.token)

    def _take_token(self, client, response):
        """:return: ``[(client, Response)]`` where there is no token in the response."""
        self.fetching.discard(client)
        try:
            tokens.take(client, response)
        except tokens.NoToken as error:
            asked = {name: value for name, value in response.headers.items() if name == "retry-after"}
            return [(client, response._replace(status=0, reason=str(error), headers=asked, body=""))]
        return []

    def _sender(self, channel):
        for sender in self.senders:  # few
            if sender.networks == channel.networks and sender.identity == channel.identity:
                return sender
        self.senders.append(Sender(channel.networks, channel.identity))
        return self.senders[-1]

    def close(self):
        for sender in self.senders:
            sender.close()
        self.senders.clear()
