from . import test_credential
from . import test_event_type
from . import test_external_id
from . import test_roles
from . import test_worker
from . import test_cursor
from . import test_audit
from . import test_incident
