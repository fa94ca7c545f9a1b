from . import (
    base,
    integration_attempt,
    integration_delivery,
    integration_event,
    integration_subscription,
    integration_system,
)
