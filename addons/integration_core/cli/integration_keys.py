# Imports are absolute, and late: a command is loaded as odoo.cli, before the addons path is known.
# pylint: disable=odoo-addons-relative-import
import sys

from odoo.cli import Command

USAGE = """usage: odoo-bin integration_keys status|rotate -d DATABASE

status  which master keys this server has, and how many secrets each seals
rotate  make a new master key, and seal every secret with it; run again, it goes on where it stopped"""
BATCH = 100


class IntegrationKeys(Command):
    """Show or change the master keys that seal the secrets of a database."""

    name = "integration_keys"

    def run(self, args):
        what, *arguments = args or [""]
        if what not in ("status", "rotate"):
            sys.exit(USAGE)
        from odoo.addons.integration_core.cli.integration_audit import environment  # noqa: PLC0415
        from odoo.addons.integration_core.trust import master_keys, sealing  # noqa: PLC0415

        with environment(arguments, "integration_keys") as env:
            try:
                status(env) if what == "status" else rotate(env)
            except (master_keys.KeysUnreadable, sealing.Sealed) as error:
                sys.exit(f"integration_keys: {error}")


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def status(env):
    from odoo.addons.integration_core.trust import master_keys  # noqa: PLC0415

    keys, sealed = master_keys.load(), env["integration.credential"]._sealed_with()
    for place, name in enumerate(keys):
        say(f"{name}: {sealed.get(name, 0)} secrets{', seals from now on' if not place else ''}")
    for name in sealed.keys() - keys.keys():
        say(f"{name}: {sealed[name]} secrets, and it is NOT on this server")


def rotate(env):
    """Every batch is committed: a run that is stopped loses nothing, and the next one goes on."""
    from odoo.addons.integration_core.trust import master_keys  # noqa: PLC0415

    credentials = env["integration.credential"].with_context(active_test=False)
    keys = master_keys.load()
    newest = next(iter(keys))
    sealed = credentials._sealed_with()
    rest = sum(count for name, count in sealed.items() if name != newest)
    if rest:
        say(f"{rest} secrets are still sealed with older keys: going on with {newest}.")
    else:
        newest = master_keys.add_key()
        keys = master_keys.load()
        rest = sum(sealed.values())
        say(f"{newest} is new, in {master_keys.key_file()}. Back the file up, apart from the database.")
        credentials.env["integration.audit.entry"]._append(
            "keys.added", credentials, f"Master key {newest} was added", key=newest
        )
        env.cr.commit()  # pylint: disable=invalid-commit
    done = 0
    while batch := credentials.search(
        [("sealed_secret", "!=", False), ("sealed_secret", "not =like", f"s1.{newest}.%")], limit=BATCH
    ):
        batch._reseal(keys)
        env.cr.commit()  # pylint: disable=invalid-commit
        done += len(batch)
        say(f"{done} of {rest} secrets are sealed with {newest}.")
    old = ", ".join(name for name in keys if name != newest)
    if old:
        say(f"Keep {old} as long as you keep backups that were made before today.")
