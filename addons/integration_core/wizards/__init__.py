from . import integration_credential_plan
from . import integration_credential_rotation
from . import integration_identity
from . import integration_data_subject_request
from . import integration_emergency_stop
from . import integration_system_resume
