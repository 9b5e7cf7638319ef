"""The page's files: what its modules compute, and what no file of it may hold."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT

pytestmark = pytest.mark.unit

PAGE = ROOT / "workers" / "parley" / "explorer" / "page"
OWN = sorted(path for path in PAGE.rglob("*") if path.is_file() and "vendor" not in path.parts)
MODULES = [path for path in OWN if path.suffix == ".js"]
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML|\beval\b"
    r"|new Function|setTimeout\(\s*[\"'`]|\.srcdoc|javascript:|localStorage|document\.cookie"
)
"""What turns text into markup or code, and what would stay behind in the browser."""


def _node() -> str:
    found = shutil.which("node") or shutil.which("node", path=str(ROOT / ".tools" / "bin"))
    assert found is not None, "run `make install`"
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "tests/explorer/page").glob("*.test.mjs")))
def test_modules__in_node__do_what_their_tests_say(name: str) -> None:
    command = [_node(), "--test", str(ROOT / "tests" / "explorer" / "page" / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.MULTILINE)[1]) > 0  # type: ignore[index]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PAGE)))
def test_modules__foreign_text__has_no_way_to_become_markup(path: Path) -> None:
    assert not FORBIDDEN.search(path.read_text())


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(PAGE)))
def test_files__of_the_page__name_no_other_host(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?:https?|wss?):\/\/[a-z0-9]|url\(\s*[\"']?(?!#)", text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PAGE)))
def test_modules__each_import__is_a_file_of_the_page(path: Path) -> None:
    for target in re.findall(r"^(?:import|export)\b[^;]*?from \"([^\"]+)\"", path.read_text(), re.MULTILINE):
        assert target.startswith("."), target
        assert (path.parent / target).resolve() in MODULES, target


def test_modules__each_of_them__is_reached_from_main() -> None:
    reached, open_ = set(), [PAGE / "main.js"]
    while open_:
        path = open_.pop()
        if path not in reached:
            reached.add(path)
            names = re.findall(r"^import\b[^;]*?from \"([^\"]+)\"", path.read_text(), re.MULTILINE)
            open_ += [(path.parent / name).resolve() for name in names]
    assert reached == set(MODULES)


class _Document(HTMLParser):
    """Remembers every element with its attributes, and text inside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in {"script", "style"}:
            self.inline += data.strip()


def test_document__under_a_strict_policy__holds_no_inline_code_or_style() -> None:
    document = _Document()
    document.feed((PAGE / "index.html").read_text())
    for _, attributes in document.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
    scripts = [attributes for tag, attributes in document.elements if tag == "script"]
    assert scripts
    assert all(attributes.get("src") for attributes in scripts)
    assert "style" not in [tag for tag, _ in document.elements]


def test_document__what_it_loads__is_there() -> None:
    document = _Document()
    document.feed((PAGE / "index.html").read_text())
    loaded = [a.get("src") or a.get("href") for tag, a in document.elements if tag in {"script", "link", "img"}]
    assert len(loaded) >= 6
    for name in loaded:
        assert name is not None
        assert (PAGE / name.removeprefix("/")).is_file(), name


def test_wheel__of_the_package__holds_every_file_of_the_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name.partition("explorer/page/")[2] for name in archive.namelist() if "/explorer/page/" in name}
    assert held == {str(path.relative_to(PAGE)) for path in PAGE.rglob("*") if path.is_file()}
