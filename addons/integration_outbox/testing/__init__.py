"""The test kit of what leaves: a partner's server, subscriptions, and the events that a change emitted."""

from .emitting import Emitting
from .receiver import Receiver
from .sending import Sending
