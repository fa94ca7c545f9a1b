from . import integration_endpoint, integration_message, integration_message_record, integration_system
