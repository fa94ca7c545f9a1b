from . import controllers, lane, models
