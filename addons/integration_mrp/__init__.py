from . import events
from . import handlers
from . import models
