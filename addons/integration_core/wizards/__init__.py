from . import integration_credential_plan
from . import integration_identity
