from . import (
    integration_credential,
    integration_event_type,
    integration_external_id,
    integration_lifecycle,
    integration_system,
    integration_worker,
    ir_model_data,
)
