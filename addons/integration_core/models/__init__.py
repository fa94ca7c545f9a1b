from . import integration_lifecycle
from . import integration_record_link
from . import integration_credential
from . import integration_system
from . import integration_event_type
from . import integration_external_id
from . import integration_worker
from . import ir_model_data
