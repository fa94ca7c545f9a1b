from . import integration_external_id
from . import uom_uom
