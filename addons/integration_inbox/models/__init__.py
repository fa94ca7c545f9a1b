from . import integration_endpoint
from . import integration_message
from . import integration_message_record
from . import integration_system
from . import ir_http
