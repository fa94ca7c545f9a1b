import subprocess
import sys

from dev.paths import REPO


def test_compose_file_is_valid_by_the_compose_specification():
    """It cannot be run where there is no container engine; its schema can be checked everywhere."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            REPO / "compose.yaml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
