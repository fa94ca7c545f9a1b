from . import integration_subscription_resume
from . import integration_subscription_test
from . import integration_data_subject_request
