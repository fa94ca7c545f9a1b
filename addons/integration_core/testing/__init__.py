"""The test kit: what the tests of a domain module, and of other people's addons, import.

>>> from odoo.addons.integration_core.testing import IntegrationCase       # a system, users
>>> from odoo.addons.integration_outbox.testing import Emitting, Receiver  # which events, a partner's server
>>> from odoo.addons.integration_inbox.testing import Reporting            # signed inbound posts

Nothing of it is loaded outside tests.
"""

from .case import IntegrationCase
from .contracts import Contracts
from .declaring import Declaring
