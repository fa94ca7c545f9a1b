from . import models
from . import engine
