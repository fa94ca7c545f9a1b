from . import models
from . import engine
from . import events
from . import wizards
