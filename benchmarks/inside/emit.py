"""Business transactions that number the references of partners, and note in a table of their own that they did.

    emit.py DATABASE SEED TRANSACTIONS KEYS

A tenth of them is rolled back on purpose. Several of these at once get in each other's way, and are tried
again, as Odoo does it with a request. The store is written in the same transaction as the change.
"""

import json
import random
import sys
import time

import declared
import psycopg2
from start import registry

from odoo import SUPERUSER_ID, api

declared.install()
SEED, TRANSACTIONS, KEYS = (int(argument) for argument in sys.argv[2:5])
PACE_S = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0


class Undone(Exception):
    """Nothing of this is to happen."""


def change(env, draw):
    """One transaction: between one and five partners get their next number."""
    names = [f"Line {draw.randrange(KEYS):04}" for _ in range(draw.randint(1, 5))]
    partners = env["res.partner"].search([("name", "in", names), ("is_company", "=", True)], order="id")
    for partner in partners:
        partner.ref = str(int(partner.ref or 0) + 1)
        if draw.random() < 0.2:
            with env.cr.savepoint():  # as an import does
                env.flush_all()
    env.flush_all()
    for partner in partners:
        env.cr.execute(
            "INSERT INTO faults_ledger (key, number) VALUES (%s, %s)", [partner.name, int(partner.ref)]
        )
    if draw.random() < 0.1:
        raise Undone
    return len(partners)


def main():
    draw = random.Random(SEED)  # noqa: S311, not for secrets
    pool = registry()
    print("ready", flush=True)
    count = undone = conflicts = 0
    done = 0
    while done < TRANSACTIONS:
        try:
            with pool.cursor() as cr:
                emitted = change(api.Environment(cr, SUPERUSER_ID, {}), draw)
            count += emitted
            done += 1
        except Undone:
            undone += 1
            done += 1
        except psycopg2.Error as error:
            # A conflict with the other emitter, or PostgreSQL went away: the store says what was committed.
            conflicts += 1
            time.sleep(0.01 if isinstance(error, psycopg2.errors.SerializationFailure) else 0.3)
        time.sleep(PACE_S)
    print(json.dumps({"events": count, "undone": undone, "conflicts": conflicts}))


main()
