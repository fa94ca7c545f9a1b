from ..testing import IntegrationCase

__all__ = ["IntegrationCase"]
