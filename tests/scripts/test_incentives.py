"""The incentive table plays what it says, goes on after an interruption, and its document names every line."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from parley.tasks.builtin import builtin
from tests.scripts.loading import SCRIPTS, load_script

pytestmark = pytest.mark.unit

ROOT = SCRIPTS.parent


@pytest.fixture
def incentives(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The parts, imported as `python scripts/incentives.py` does."""
    monkeypatch.syspath_prepend(SCRIPTS)
    for part in ("attacks", "campaign", "document", "panels", "perceptron", "plot", "store", "tables", "teams"):
        importlib.import_module(f"incentives.{part}")
    return sys.modules["incentives"]


def campaign(parts: ModuleType, *names: str, rounds: int = 2) -> object:
    return parts.campaign.Campaign.planned(range(1), rounds, names)


def test_fast_digits__a_round_of_training__agrees_with_torch(incentives: ModuleType) -> None:
    known = builtin("digits")
    slow, fast = known.task(), incentives.perceptron.fast_digits()
    data, start = known.dataset().take(np.arange(200)), slow.init(3)
    trained = [task.train(start, data, seed=7, hyper=known.hyper) for task in (slow, fast)]
    assert np.abs(trained[0] - start).max() > 0.05
    assert np.abs(trained[0] - trained[1]).max() < 1e-5


def test_fast_digits__momentum__is_left_to_torch(incentives: ModuleType) -> None:
    known = builtin("digits")
    hyper = known.hyper.model_copy(update={"momentum": 0.5, "epochs": 1})
    slow, fast = known.task(), incentives.perceptron.fast_digits()
    data, start = known.dataset().take(np.arange(50)), slow.init(3)
    assert np.array_equal(*(task.train(start, data, seed=7, hyper=hyper) for task in (slow, fast)))


def test_lines__all__have_names_of_their_own_and_play_where_they_say(incentives: ModuleType) -> None:
    lines = [*incentives.attacks.LINES, *incentives.panels.PANELS]
    assert len({line.name for line in lines}) == len(lines)
    assert len({line.title for line in lines}) == len(lines)


def test_campaign__played_twice__plays_nothing_again(incentives: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    first, again = campaign(incentives, "zero", "constant"), campaign(incentives, "zero", "constant")
    names = list(first.play(incentives.store.Store(path)))  # type: ignore[attr-defined]
    written = path.read_bytes()
    assert list(again.play(incentives.store.Store(path))) == names  # type: ignore[attr-defined]
    assert path.read_bytes() == written
    assert again.results == first.results  # type: ignore[attr-defined]
    figures = incentives.tables.figures(first.results)  # type: ignore[attr-defined]
    zero = [one for one in figures["attacks"] if one["attack"] == "zero"]
    assert len(zero) == 8
    assert all(one["taken"] == 0 and 0 < one["accuracy"] <= 1 for one in zero)
    assert {one["panel"] for one in figures["evaluators"]} == {"honest", "constant"}
    assert "a zero update" in incentives.tables.markdown(first.results)  # type: ignore[attr-defined]
    drawing = ET.fromstring(incentives.plot.svg(first.results))  # noqa: S314 (made a moment ago)
    assert len(drawing.findall(".//{http://www.w3.org/2000/svg}circle")) == 2 + 2


def test_store__line_cut_short__is_passed_over_and_written_behind(incentives: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    incentives.store.Store(path).put("a", {"x": 1})
    with path.open("a") as file:
        file.write('{"name": "b", "resu')
    store = incentives.store.Store(path)
    assert (store.get("a"), store.get("b")) == ({"x": 1}, None)
    store.put("b", {"x": 2})
    assert incentives.store.Store(path).get("b") == {"x": 2}


def test_fingerprint__comments_and_docstrings__do_not_matter(incentives: ModuleType) -> None:
    code_of = incentives.store.code_of
    plain = "def f(x):\n    return x\n"
    assert code_of('"""Doc."""\ndef f(x):\n    """Doc."""\n    # why\n    return x\n') == code_of(plain)
    assert code_of(plain.replace("return x", "return x + 1")) != code_of(plain)
    assert re.fullmatch("[0-9a-f]{16}", incentives.store.fingerprint())


def test_document__tables__are_put_between_the_comments(incentives: ModuleType) -> None:
    document = incentives.document
    text = f"# Head\n\n{document.BEGIN}\nold\n{document.END}\n\ntail\n"
    assert document.with_tables(text, "new") == f"# Head\n\n{document.BEGIN}\n\nnew\n\n{document.END}\n\ntail\n"
    with pytest.raises(document.DocumentError, match="between"):
        document.with_tables("no place", "new")


def test_document__committed__has_a_row_for_every_line_and_a_mark_in_the_plot(incentives: ModuleType) -> None:
    text = (ROOT / "docs" / "incentives.md").read_text(encoding="utf-8")
    drawing = (ROOT / "docs" / "images" / "incentives.svg").read_text(encoding="utf-8")
    for line in [*incentives.attacks.LINES, *incentives.panels.PANELS]:
        assert f"| {line.title} |" in text, f"run scripts/incentives.py --write: {line.title} is missing"
    labels = [one.text for one in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314
    assert {line.title for line in incentives.attacks.LINES[1:]} <= set(labels)


@pytest.mark.parametrize("words", [["--write", "--quick"], ["--write", "--only", "zero"], ["--only", "nonsense"]])
def test_arguments__that_make_no_sense__are_refused(
    incentives: ModuleType, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        load_script("incentives.py").arguments(words)
    assert refused.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_incentives__figures__are_json(incentives: ModuleType, tmp_path: Path) -> None:
    played = campaign(incentives, "aggregate", rounds=1)
    list(played.play(incentives.store.Store(tmp_path / "cells.jsonl")))  # type: ignore[attr-defined]
    again = json.loads(json.dumps(incentives.tables.figures(played.results)))  # type: ignore[attr-defined]
    assert again["rounds"] == 1
    assert {one["rules"] for one in again["attacks"]} == {"naive", "all"}
