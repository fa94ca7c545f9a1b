"""Command `./hub new-domain`: creates a domain module from templates."""

import re
import shutil
from pathlib import Path

from dev.paths import ADDONS, REPO
from dev.say import Problem, say

TEMPLATE = REPO / "dev/templates/domain"
NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
NEXT = """\
Made {folder}.

  ./hub test {folder}   its tests
  {folder}/events.py     what leaves; canonical.py: what it looks like
  {folder}/handlers.py   what comes in

Put the Odoo model that your domain is about in the place of {folder}/models/, and the module that has it in
the manifest. HUB_SCHEMAS=1 ./hub test {folder} publishes new contracts under schemas/."""


def main_new_domain(arguments):
    """Make the skeleton of a domain module from ``dev/templates/domain``."""
    if len(arguments) != 1:
        raise Problem("The domain has no name.", "./hub new-domain NAME, as in ./hub new-domain fleet")
    folder = make(arguments[0], ADDONS)
    say(NEXT.format(folder=folder.relative_to(REPO)))


def make(name, addons):
    """:param name: of the domain, ``fleet``; the module is ``integration_fleet``.
    :return: the folder of the module.
    :raises Problem: the name is none, or taken.
    """
    if not NAME.match(name):
        raise Problem(
            f"{name!r} is no name for a domain.", "Small letters, digits and underscores, as in cold_chain."
        )
    folder = Path(addons) / f"integration_{name}"
    if folder.exists():
        raise Problem(f"{folder} is there already.", "Choose another name, or delete the folder.")
    words = {
        "{{name}}": name,
        "{{Name}}": name.replace("_", " ").title(),
        "{{Class}}": name.replace("_", " ").title().replace(" ", ""),
    }
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir():
            continue
        target = folder / _filled(str(source.relative_to(TEMPLATE)), words).removesuffix(".tmpl")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".tmpl":
            target.write_text(_filled(source.read_text(encoding="utf-8"), words), encoding="utf-8")
        else:
            shutil.copy(source, target)
    return folder


def _filled(text, words):
    for word, value in words.items():
        text = text.replace(word, value)
    return text
