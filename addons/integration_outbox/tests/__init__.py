from . import test_content
from . import test_deliver
from . import test_order
from . import test_pace
from . import test_partners
from . import test_replay
from . import test_retry
from . import test_subscription
