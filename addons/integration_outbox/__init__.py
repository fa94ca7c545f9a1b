from . import models
from . import engine
from . import wizards
