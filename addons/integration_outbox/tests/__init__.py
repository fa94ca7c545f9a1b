from . import test_deliver
from . import test_subscription
from . import test_retry
