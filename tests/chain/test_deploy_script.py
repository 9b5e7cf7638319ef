"""`scripts/deploy` is `parley deploy`."""

from __future__ import annotations

import subprocess

import pytest

from parley.chain.compiler import project_root


@pytest.mark.integration
def test_deploy_script__help__is_that_of_parley_deploy() -> None:
    run = subprocess.run(
        [project_root() / "scripts" / "deploy", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "parley deploy" in run.stdout
