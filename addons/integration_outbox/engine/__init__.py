"""The way of an event out of Odoo: ``fanout``, ``claim``, ``send``, ``settle``; ``lane`` runs them."""

from . import lane
