from . import models
from .unece import post_init_hook
