"""The bill of materials names what the lock files pin; actions of the CI are pinned as well."""

from __future__ import annotations

import json
import re

import pytest

from tests.docs.markdown import ROOT
from tests.scripts.loading import load_script

pytestmark = pytest.mark.unit

sbom = load_script("sbom.py")


def test_document__of_this_project__holds_every_locked_package_with_its_hashes() -> None:
    """F-90: each package that an installation may fetch, by version and hash."""
    made = sbom.document(ROOT)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    found = {(item["purl"].partition("/")[0], item["name"], item["version"]): item for item in made["components"]}
    lock = (ROOT / "locks" / "python.txt").read_text()
    pinned = re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE)
    assert len(pinned) > 50
    for name, version in pinned:
        assert found["pkg:pypi", re.sub(r"[-_.]+", "-", name).lower(), version]["hashes"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for path, package in packages.items():
        assert not path or ("pkg:npm", path.rpartition("node_modules/")[2], package["version"]) in found
    references = [item["bom-ref"] for item in made["components"]]
    assert len(set(references)) == len(references)
    assert made["dependencies"][0]["dependsOn"] == references
    for item in made["components"]:
        for digest in item["hashes"]:
            assert len(digest["content"]) == {"SHA-256": 64, "SHA-512": 128, "SHA-1": 40}[digest["alg"]]


def test_document__made_twice__is_the_same() -> None:
    """F-90: whoever makes it anew can compare; it says neither when nor where it was made."""
    assert json.dumps(sbom.document(ROOT)) == json.dumps(sbom.document(ROOT))
    assert "://" not in json.dumps(sbom.document(ROOT)["components"])


def test_python_components__name_that_is_written_otherwise__is_normalised() -> None:
    (found,) = sbom.python_components(f"Foo_Bar.baz==1.0+cpu \\\n    --hash=sha256:{'ab' * 32}\n", "required")
    assert found["purl"] == "pkg:pypi/foo-bar-baz@1.0%2Bcpu"
    assert found["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]


def test_workflows__each_action__is_pinned_by_its_commit_and_may_only_read() -> None:
    """F-90: a tag can be moved to other code, a commit cannot."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
    assert workflows
    for workflow in workflows:
        text = workflow.read_text()
        used = re.findall(r"^\s*(?:- )?uses: *(\S+)(.*)$", text, re.MULTILINE)
        assert used
        for action, remark in used:
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), f"{workflow.name}: {action}"
            assert re.match(r" # v\d+\.\d+\.\d+", remark), f"{workflow.name}: {action} does not say its version"
        assert re.findall(r"^permissions:\n((?:  .*\n)*)", text, re.MULTILINE) == ["  contents: read\n"]
        assert "persist-credentials: false" in text
