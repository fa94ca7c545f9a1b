"""What a handler raises, named for what happens then. Each carries a sentence for an operator."""

# The model that what waits for a code is noted under; its key is the list's code, a slash and the value.
CODE_MODEL = "integration.code"


class IntegrationError(Exception):
    """:param sentence: what an operator reads; names the business object, not the code."""

    def __init__(self, sentence):
        super().__init__(sentence)
        self.sentence = sentence


class NotYetKnown(IntegrationError):
    """What the message names is not there yet: it waits and is tried again.

    :param model: :param key: what was looked for, where a person could say which record is meant.
    """

    def __init__(self, sentence, model=None, key=None):
        super().__init__(sentence)
        self.model, self.key = model, key


class RetryLater(IntegrationError):
    """It cannot be done now, through no fault of the message: it is tried again."""


class RejectMessage(IntegrationError):
    """It can never be applied as it is: to the dead letters, for a person to look at."""


class Superseded(IntegrationError):
    """A newer message was applied: this one has nothing left to say."""


class UnmappedCode(NotYetKnown):
    """A code list has no value for what a partner sent: it waits until somebody maps it.

    :param list_code: :param value: of which list, and what was sent.
    """

    def __init__(self, sentence, list_code, value):
        super().__init__(sentence, CODE_MODEL, f"{list_code}/{value}")
