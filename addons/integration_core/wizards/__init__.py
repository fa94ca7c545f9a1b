from . import integration_credential_plan
from . import integration_identity
from . import integration_data_subject_request
