from . import controllers
from . import models
from .engine import lane
