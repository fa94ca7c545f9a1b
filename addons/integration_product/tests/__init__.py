from . import test_canonical
from . import test_conversion
from . import test_natural_keys
