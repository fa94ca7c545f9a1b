"""An event of the benchmarks' own: a partner's reference was set. Small, so that emission is what costs."""


def install():
    """Declare it; to be called once the addons can be imported, and before the registry is loaded.

    :return: the declaration.
    """
    from odoo.addons.integration_core import declare  # noqa: PLC0415
    from odoo.addons.integration_core.canonical.base import Canonical  # noqa: PLC0415

    class Numbered(Canonical):
        key: str
        number: int

    def build(partner):
        """The reference of a partner was set."""
        return Numbered(key=partner.name, number=int(partner.ref))

    declaration = declare.EventDeclaration(
        name="masterdata.partner.changed",
        version=1,
        data=Numbered,
        build=build,
        model="res.partner",
        triggers=(declare.becomes(ref=declare.ANY),),
        module="integration_outbox",
        key="key",
        only_if=lambda partner: bool(partner.ref),
    )
    declare.EVENTS[declaration.name, declaration.version] = declaration
    return declaration
