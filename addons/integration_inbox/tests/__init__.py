from . import test_accept
from . import test_apply
