from . import integration_credential_plan
