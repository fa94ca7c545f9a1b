from . import audit
from . import token
