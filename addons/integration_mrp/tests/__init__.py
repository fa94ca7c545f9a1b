from . import test_flow
from . import test_events
from . import test_reports
