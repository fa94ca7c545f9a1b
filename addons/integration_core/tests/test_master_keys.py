import base64
import os
import stat
import tempfile
from contextlib import suppress
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from ..cli import integration_keys
from ..trust import master_keys
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestMasterKeys(IntegrationCase):
    """Secrets sealed with the keys of a file of the test's own."""

    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.file = Path(folder) / "hub.keys"
        self.file.write_text(f"k1:{base64.b64encode(b'1' * 32).decode()}\n")
        environment = {"INTEGRATION_HUB_KEY_FILE": str(self.file)}
        self.enterContext(patch.dict(os.environ, environment))
        os.environ.pop("INTEGRATION_HUB_KEYS", None)
        self.env.cr.execute("UPDATE integration_credential SET sealed_secret = NULL")
        self.credentials = self.env["integration.credential"].concat(
            *(
                self.env["integration.credential"]._generate(self.system(f"Robot cell {n}"), "sign")[0]
                for n in range(5)
            )
        )
        self.secrets = self.credentials._keys()
        self.patch(self.env.cr, "commit", self.env.flush_all)

    def run_command(self, function):
        with patch("sys.stdout", new_callable=StringIO) as said:
            function(self.env)
        return said.getvalue()

    def names(self):
        self.env.flush_all()
        return self.credentials._sealed_with()

    def test_rotating_makes_a_key_and_seals_everything_with_it(self):
        said = self.run_command(integration_keys.rotate)
        self.assertEqual(list(master_keys.load()), ["k2", "k1"])
        self.assertEqual(self.names(), {"k2": 5})
        self.assertEqual(self.credentials._keys(), self.secrets, "the secrets are what they were")
        self.assertIn("5 of 5 secrets are sealed with k2", said)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        for key in master_keys.load().values():
            self.assertNotIn(base64.b64encode(key).decode(), said)
        self.assertEqual(self.env["integration.audit.entry"].search([], limit=1).action, "keys.added")

    def test_one_that_was_stopped_goes_on_with_the_same_key(self):
        with patch.object(integration_keys, "BATCH", 2):
            reseal = type(self.credentials)._reseal

            def stop_at_the_second(batch, keys):
                if self.names().get("k2"):
                    raise KeyboardInterrupt
                return reseal(batch, keys)

            # Not assertRaises: Odoo's takes back what was written before.
            with (
                patch.object(type(self.credentials), "_reseal", stop_at_the_second),
                suppress(KeyboardInterrupt),
            ):
                self.run_command(integration_keys.rotate)
            self.assertEqual(self.names(), {"k1": 3, "k2": 2})
            self.assertEqual(self.credentials._keys(), self.secrets, "half way, all of them open")
            said = self.run_command(integration_keys.rotate)
        self.assertIn("going on with k2", said)
        self.assertEqual(self.names(), {"k2": 5})

    def test_the_status_names_what_is_missing(self):
        self.run_command(integration_keys.rotate)
        self.file.write_text(f"k1:{base64.b64encode(b'1' * 32).decode()}\n")
        said = self.run_command(integration_keys.status)
        self.assertIn("k2: 5 secrets, and it is NOT on this server", said)

    def test_without_its_key_a_secret_says_so_and_the_others_work(self):
        other = self.credentials[0]
        self.file.write_text(f"k7:{base64.b64encode(b'7' * 32).decode()}\n" + self.file.read_text())
        other._reseal(master_keys.load())
        self.file.write_text(f"k1:{base64.b64encode(b'1' * 32).decode()}\n")
        self.assertEqual(other.problem, "sealed: key k7 is not available on this server")
        self.assertFalse(self.credentials[1].problem)

    def test_a_wrong_key_of_the_same_name_says_so(self):
        self.file.write_text(f"k1:{base64.b64encode(b'X' * 32).decode()}\n")
        self.assertIn("sealed with another key named k1", self.credentials[0].problem)

    def test_keys_of_the_environment_are_not_added_to(self):
        with (
            patch.dict(os.environ, {"INTEGRATION_HUB_KEYS": self.file.read_text()}),
            self.assertRaisesRegex(master_keys.KeysUnreadable, "put the new one first there"),
        ):
            self.run_command(integration_keys.rotate)
