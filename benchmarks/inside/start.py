"""Odoo's registry in a plain script."""

import sys

import odoo.tools
from odoo.modules.registry import Registry

odoo.tools.config.parse_config([], setup_logging=True)


def registry():
    """The registry of the database that the first argument names."""
    return Registry(sys.argv[1])
