from . import integration_external_id
from . import mrp_production
from . import mrp_workorder
