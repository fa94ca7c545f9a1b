from . import integration_external_id, mrp_production, mrp_workorder
