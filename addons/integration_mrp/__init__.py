from . import events, handlers, models
