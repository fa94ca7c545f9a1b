"""Secrets at rest: sealing, and where the keys come from."""

import base64
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.tools import config

from odoo.addons.integration_core.trust import master_keys, sealing

KEYS = {"k2": bytes(range(32)), "k1": bytes(32)}
PLACE = "integration.credential,7,sealed_secret"


@given(secret=st.text(min_size=1, max_size=200))
def test_a_sealed_secret_opens_where_it_belongs(secret):
    sealed = sealing.seal(secret, PLACE, KEYS)
    assert sealed.startswith("s1.k2.")
    assert secret not in sealed or len(secret) < 4
    assert sealing.unseal(sealed, PLACE, KEYS) == secret


def test_it_does_not_open_on_another_record():
    sealed = sealing.seal("whsec_x", PLACE, KEYS)
    with pytest.raises(sealing.Sealed, match="moved from another record"):
        sealing.unseal(sealed, PLACE.replace("7", "8"), KEYS)


def test_the_older_key_still_opens_what_it_sealed():
    sealed = sealing.seal("whsec_x", PLACE, {"k1": KEYS["k1"]})
    assert sealing.unseal(sealed, PLACE, KEYS) == "whsec_x"


def test_a_key_that_is_not_here_is_named():
    sealed = sealing.seal("whsec_x", PLACE, KEYS)
    with pytest.raises(sealing.Sealed, match="key k2 is not available on this server"):
        sealing.unseal(sealed, PLACE, {"k1": KEYS["k1"]})


@pytest.mark.parametrize("broken", ["", "s1", "s1.k2", "s1.k2.", "s1.k2.AAAA", "s1.k2.???", "s0.k2.AAAA"])
def test_what_was_altered_does_not_open(broken):
    with pytest.raises(sealing.Sealed):
        sealing.unseal(broken, PLACE, KEYS)


def test_two_seals_of_one_secret_differ():
    assert sealing.seal("x", PLACE, KEYS) != sealing.seal("x", PLACE, KEYS)


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setitem(config.options, "data_dir", str(tmp_path))
    monkeypatch.delenv("INTEGRATION_HUB_KEYS", raising=False)
    monkeypatch.delenv("INTEGRATION_HUB_KEY_FILE", raising=False)
    return tmp_path


def test_the_first_use_makes_a_key_file_that_only_we_can_read(data_dir):
    keys = master_keys.load()
    path = data_dir / "integration_hub.keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(keys) == ["k1"]
    assert master_keys.load() == keys
    assert [p.name for p in data_dir.iterdir()] == ["integration_hub.keys"]


def test_keys_in_the_environment_come_first(data_dir, monkeypatch):
    line = base64.b64encode(bytes(32)).decode()
    monkeypatch.setenv("INTEGRATION_HUB_KEYS", f"k9:{line};k8:{line}")
    assert list(master_keys.load()) == ["k9", "k8"]
    assert not list(data_dir.iterdir())


def test_a_named_file_that_is_missing_is_not_made(data_dir, monkeypatch):
    monkeypatch.setenv("INTEGRATION_HUB_KEY_FILE", str(data_dir / "gone.keys"))
    with pytest.raises(master_keys.KeysUnreadable, match=r"gone\.keys is not there"):
        master_keys.load()


@pytest.mark.parametrize(
    ("text", "says"), [("k1:???", "not base64"), ("k1:YWJj", "has 32 bytes"), ("# nothing", "holds no key")]
)
def test_a_broken_key_is_explained_and_never_shown(text, says):
    with pytest.raises(master_keys.KeysUnreadable, match=says) as caught:
        master_keys.parse(text, "keys.txt")
    assert "YWJj" not in str(caught.value)
