"""Who is not worked for: the conditions that every claim makes on the system that a row belongs to.

A system that is suspended, archived or held (in a copy of the database) gets nothing and changes nothing from the next
claim on, and so do all systems while everything is suspended. Nothing is rewritten for it: rows stay as they are,
however many wait.
"""

# ``ir.config_parameter``: set while everything is suspended.
PARAMETER = "integration_hub.suspended"

# SQL, of a row of integration_system that is called ``system``.
IS_RUNNING = f"""
    system.active AND system.is_suspended IS NOT TRUE AND system.is_held IS NOT TRUE
    AND NOT EXISTS (SELECT FROM ir_config_parameter WHERE key = '{PARAMETER}' AND value IS NOT NULL)
""".strip()  # noqa: S608, a constant
