from . import test_contracts
from . import test_echo
from . import test_events
from . import test_flow
from . import test_linked
from . import test_reports
from . import test_together
