from . import audit
from . import export
from . import token
