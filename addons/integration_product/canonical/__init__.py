"""Canonical models that every domain shares: products, units, lots, quantities."""

from .lot import Lot, lot
from .product import Product, product
from .quantity import Amount, Quantity, Reported, quantity
from .unit import Unit, unit, unit_code

__all__ = [
    "Amount",
    "Lot",
    "Product",
    "Quantity",
    "Reported",
    "Unit",
    "lot",
    "product",
    "quantity",
    "unit",
    "unit_code",
]
