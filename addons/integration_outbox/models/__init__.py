from . import integration_event
from . import integration_subscription
from . import integration_delivery
from . import integration_attempt
from . import integration_system
from . import base
