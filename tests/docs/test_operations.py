"""Alert rules, dashboard, units and the guide say what is there: metrics, sections, options, exit codes."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parley import metrics
from parley.bounded import Counter, Gauge, Histogram
from parley.errors import ExitCode
from tests.docs import block_yaml, command_lines
from tests.docs.markdown import ROOT, anchors, fenced, sections

pytestmark = pytest.mark.unit

FOLDER = ROOT / "docs" / "operations"
GUIDE = (ROOT / "docs" / "operations.md").read_text()
UNITS = sorted(FOLDER.glob("*.service"))
PROMQL = {"up", "and", "or", "on", "by", "group_right", "sum", "max", "abs", "time"}
PROMQL |= {"rate", "increase", "delta", "min_over_time", "histogram_quantile"}
"""Words of the query language, and the metric that Prometheus itself makes."""
OURS = [value for value in vars(metrics).values() if isinstance(value, Counter | Gauge | Histogram)]
LABELS = {"instance", "job", "le", *(label for metric in OURS for label in metric.allowed)}
PROCESS = {"process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"}


def served() -> dict[str, Counter | Gauge | Histogram]:
    """Every series that a worker serves, by its name on the page."""
    found: dict[str, Counter | Gauge | Histogram] = {}
    for metric in OURS:
        if isinstance(metric, Counter):
            found[metric._name + "_total"] = metric
        elif isinstance(metric, Gauge):
            found[metric._name] = metric
        else:
            found.update(dict.fromkeys((metric._name + end for end in ("_bucket", "_count", "_sum")), metric))
    return found


def check_query(query: str) -> set[str]:
    """The metrics of a query; fails if it names a metric, a label or a label's value that does not exist."""
    known = served()
    for name, matchers in re.findall(r"([a-z_]+)\{([^}]*)\}", query):
        for label, text in re.findall(r'(\w+)(?:=~|!=|!~|=)"([^"]*)"', matchers):
            assert label in LABELS, query
            if name in known and label in known[name].allowed:
                assert set(text.split("|")) <= known[name].allowed[label], query
    bare = re.sub(r'"[^"]*"|\[\w+\]|\b\d[\d.e]*\b', " ", query)
    words = set(re.findall(r"[a-z_]+", bare)) - PROMQL - LABELS
    assert words <= set(known) | PROCESS, query
    assert words or "up{" in query
    return words


def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    (group,) = block_yaml.load((FOLDER / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_alert__each__asks_for_metrics_that_exist_and_has_its_section(rule: dict[str, Any]) -> None:
    check_query(rule["expr"])
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert "{{ $labels.instance }}" in notes["summary"]
    path, _, anchor = notes["runbook_url"].partition("#")
    assert (ROOT / path).read_text() == GUIDE
    assert anchor == rule["alert"].lower()
    assert anchor in anchors(GUIDE)
    for label in re.findall(r"\$labels\.(\w+)", notes["summary"] + notes["description"]):
        assert label == "instance" or all(label in served()[name].allowed for name in check_query(rule["expr"]))


def test_alerts__in_the_guide__are_those_of_the_rules() -> None:
    titles = [section.title for section in sections(GUIDE) if section.title.startswith("Parley")]
    assert titles == [rule["alert"] for rule in rules()]
    assert all(len(section.text) > 100 for section in sections(GUIDE) if section.title.startswith("Parley"))


def test_dashboard__each_panel__asks_for_metrics_that_exist() -> None:
    board = json.loads((FOLDER / "dashboard.json").read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    shown: set[str] = set()
    for panel in panels:
        for target in panel["targets"]:
            shown |= check_query(target["expr"].replace("$instance", "x"))
        place = panel["gridPos"]
        assert 0 <= place["x"] <= 24 - place["w"]
    unseen = {name for name in served() if name.removesuffix("_bucket") == name} - shown
    unseen = {name for name in unseen if not name.endswith(("_count", "_sum"))}
    assert unseen <= {"parley_last_cycle_timestamp_seconds"}


def test_dashboard__panels__do_not_lie_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        place = panel["gridPos"]
        area = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not area & taken, panel["title"]
        taken |= area


def test_prometheus__example__reads_the_rules_and_the_port_of_the_guide() -> None:
    example = block_yaml.load((FOLDER / "prometheus.yml").read_text())
    assert all((FOLDER / name).is_file() for name in example["rule_files"])
    (job,) = example["scrape_configs"]
    assert f'up{{job="{job["job_name"]}"}} == 0' in [rule["expr"] for rule in rules()]
    (settings,) = [block for block in fenced(GUIDE, "toml") if "monitor_port" in block]
    port = re.search(r"monitor_port = (\d+)", settings)
    assert port is not None
    assert f"127.0.0.1:{port[1]}" in job["static_configs"][0]["targets"]


@pytest.mark.parametrize(
    "query",
    [
        'parley_ready{job="x"} == 1 and parly_ready',
        'increase(parley_missed_total{what="Nothing"}[1h])',
        "parley_round{x='y'}",
    ],
)
def test_check_query__name_label_or_value_that_does_not_exist__is_found_out(query: str) -> None:
    """The checks above can fail."""
    with pytest.raises(AssertionError):
        check_query(query.replace("'", '"'))


@pytest.mark.parametrize("text", ["a: [1]", "a: b: c", "a:\n  - 'x", "a: 1\na: 2", "a:", "a:\n\t- b", "a: 1\n   b: 2"])
def test_block_yaml__outside_of_its_part__is_refused(text: str) -> None:
    with pytest.raises(block_yaml.YamlError):
        block_yaml.load(text)


# -------------------------------------------------------------------------------------------------------------- units


def unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """A unit's sections: each key with all of its values."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, line
            found.setdefault(section, {}).setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("role", ["sponsor", "trainer", "evaluator", "aggregator", "watcher"])
def test_unit__its_command__is_one_that_parley_takes_for_each_role(role: str) -> None:
    (command,) = unit(FOLDER / "parley@.service")["Service"]["ExecStart"]
    program, *words = (
        command.replace("${ROLE}", role).replace("%i", "x").replace("%S", "/s").replace("%d", "/d").split()
    )
    assert program.endswith("/parley")
    assert "%" not in " ".join(words)
    command_lines.parse(words)


def test_unit__exit_codes_without_restart__are_those_that_no_restart_cures() -> None:
    (codes,) = unit(FOLDER / "parley@.service")["Service"]["RestartPreventExitStatus"]
    named = {ExitCode(int(code)) for code in codes.split()}
    assert named == {ExitCode.USAGE, ExitCode.CONFIG, ExitCode.KEYSTORE, ExitCode.TASK, ExitCode.NOT_FOUND}
    assert ExitCode.HUNG not in named
    assert "exit codes 2, 3, 6, 8 and 9" in " ".join(GUIDE.split())


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_unit__each__is_confined_and_restarted(path: Path) -> None:
    """F-64: no privileges, a read-only system, no core dump of a process that holds a key."""
    service = {key: values[-1] for key, values in unit(path)["Service"].items()}
    assert service["Restart"] == "on-failure"
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["CapabilityBoundingSet"]) == (
        "yes",
        "strict",
        "",
    )
    assert "MemoryMax" in service
    assert service["User"] != "root"
    if "LoadCredential" in service:
        assert (service["LimitCORE"], service["Type"]) == ("0", "notify")
        assert "PASSWORD" not in path.read_text()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_unit__each__is_what_systemd_understands(path: Path, tmp_path: Path) -> None:
    """Where systemd is installed it reads the unit itself; elsewhere an INI parser does."""
    text = path.read_text()
    configparser.ConfigParser(strict=False, interpolation=None).read_string(text)
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        return
    text = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", text)
    text = re.sub(r"^(User|Group)=.*", r"\1=root", text, flags=re.MULTILINE)
    copy = tmp_path / path.name.replace("@", "@alice")
    copy.write_text(text)
    done = subprocess.run([verifier, "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60)
    said = [line for line in done.stderr.splitlines() if str(copy) in line]
    # Keys of systemd 254, which older ones ignore, as the unit says.
    assert [line for line in said if "RestartSteps" not in line and "RestartMaxDelaySec" not in line] == []
    assert done.returncode == 0, done.stderr
