from pydantic import BaseModel, ConfigDict


class Canonical(BaseModel):
    """What leaves Odoo: closed and unchangeable, so that a schema says all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Inbound(BaseModel):
    """What comes in: strict in kinds, and open: a sender may say more than we read."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)
