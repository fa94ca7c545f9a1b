from . import integration_credential_rotation
from . import integration_message_edit
from . import integration_message_match
from . import integration_message_resume
from . import integration_data_subject_request
