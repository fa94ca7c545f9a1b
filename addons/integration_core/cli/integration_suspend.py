# Imports are absolute, and late: a command is loaded as odoo.cli, before the addons path is known.
# pylint: disable=odoo-addons-relative-import
import sys

from odoo.cli import Command

USAGE = """usage: odoo-bin integration_suspend on|off [--system NAME] -d DATABASE

on   nothing is sent and nothing that came in is applied, from now on; nothing is lost
off  it goes on; what waited is worked on first, oldest first
     Without --system: all integrations."""


class IntegrationSuspend(Command):
    """Suspend or resume all integrations of a database, or one system."""

    name = "integration_suspend"

    def run(self, args):
        what, *arguments = args or [""]
        if what not in ("on", "off"):
            sys.exit(USAGE)
        name = None
        if "--system" in arguments:
            place = arguments.index("--system")
            if place + 1 == len(arguments):
                sys.exit(USAGE)
            name = arguments[place + 1]
            del arguments[place : place + 2]
        from odoo.addons.integration_core.cli.integration_audit import environment  # noqa: PLC0415

        with environment(arguments, "integration_suspend") as env:
            text = of_system(env, name, what == "on") if name else of_all(env, what == "on")
            env.cr.commit()  # pylint: disable=invalid-commit
        sys.stdout.write(text + "\n")


def of_all(env, is_to_suspend):
    systems = env["integration.system"]
    if systems._is_all_suspended() == is_to_suspend:
        return (
            "All integrations are already suspended."
            if is_to_suspend
            else "The emergency stop is not active."
        )
    if is_to_suspend:
        systems._suspend_all("on the server")
        return "All integrations are suspended."
    systems._resume_all("on the server")
    return "All integrations are resumed."


def of_system(env, name, is_to_suspend):
    system = env["integration.system"].search([("name", "=", name)])
    if len(system) != 1:
        known = ", ".join(env["integration.system"].search([]).mapped("name"))
        sys.exit(f"integration_suspend: there is no one system named {name!r}. These are: {known}")
    if system.is_suspended == is_to_suspend:
        return f"{name} is {'already' if is_to_suspend else 'not'} suspended."
    if is_to_suspend:
        system.action_suspend()
        return f"{name} is suspended."
    system._resume()
    return f"{name} is resumed."
