"""A report as one page for people: no script, nothing from elsewhere, everything in it escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from parley.audit.report import Report
from parley.audit.rescored import Likeness

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #c62828; --meh: #b26a00; --good: #2e7d32 }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --meh: #ffcc80; --good: #a5d6a7 } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
th { background: var(--soft) } td.n { text-align: right; font-variant-numeric: tabular-nums }
code, td { overflow-wrap: anywhere } code { font-size: .85em } .scroll { overflow-x: auto }
.wrong { color: var(--bad); font-weight: 600 } .clean { color: var(--good) }
.unavailable, .different { color: var(--meh) } td span, .name { white-space: nowrap }
"""

_VERDICTS = {
    "clean": "Everything holds: every integer was derived again and came out the same.",
    "unavailable": "Nothing wrong was found, but something is missing, so that not everything could be derived again.",
    "wrong": "Something does not hold. What, and who is responsible, stands below.",
}

_LAST_SECOND = 253_402_300_799
"""Of the year 9999: no date is later."""

_OUTCOMES = ("wrong", "unavailable", "different", "remark")


def render(signed: Report) -> str:
    """The page of a signed report."""
    body: Any = signed["report"]
    verdict = str(body["verdict"])
    title = f"Audit of federation {_text(body['federation'])} on chain {_text(body['chain'])}"
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="{escape(verdict)}">{escape(_VERDICTS.get(verdict, verdict))}</p>',
        _facts(signed, body),
        _section("What does not hold", _findings(body["findings"])),
        _section("Rounds", _rounds(body["rounds"])),
        _section("Checks", _checks(body["checks"])),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )
    page = f'<!doctype html><html lang="en"><head>{head}<title>{title}</title><style>{_STYLE}</style></head>'
    return f"{page}<body><main>{''.join(parts)}</main></body></html>\n"


def _facts(signed: Report, body: Any) -> str:  # noqa: ANN401 - a report
    block = body["block"]
    time = datetime.fromtimestamp(min(int(block["time"]), _LAST_SECOND), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    signer = signed["signer"] or "nobody: the report is not signed"
    rows = [
        ("up to block", f"{_text(block['number'])}, {time}"),
        ("its hash", _code(block["hash"])),
        ("coordinator", _code(body["coordinator"])),
        ("digest", _code(signed["digest"])),
        ("signed by", _code(signer)),
        ("made with", ", ".join(f"{_text(name)} {_text(found)}" for name, found in body["software"].items())),
        ("to check it", _code("parley audit --verify REPORT.json")),
    ]
    cells = "".join(f"<tr><th scope=row>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _findings(findings: Sequence[Any]) -> str:
    """The gravest first."""
    if not findings:
        return "<p>Nothing.</p>"
    ordered = sorted(findings, key=lambda item: _OUTCOMES.index(item["outcome"]))
    head = ("outcome", "check", "round", "what", "responsible", "must be", "is", "by hand")
    rows = (
        (
            f'<span class="{escape(item["outcome"])}">{_text(item["outcome"])}</span>',
            _name(item["check"]),
            _text(item["round"]),
            _text(item["what"]),
            f"{_text(item['responsible'])} {_code(item['who'])}",
            _code(item["expected"]),
            _code(item["actual"]),
            "<br>".join(_code(line) for line in item["by_hand"]),
        )
        for item in ordered
    )
    return _table(head, rows)


def _rounds(rounds: Sequence[Any]) -> str:
    if not rounds:
        return "<p>No round was opened.</p>"
    kinds = [kind.value for kind in Likeness]
    head = ("round", "state", "wrong", "unavailable", *(f"scores {kind}" for kind in kinds), "inputs", "outputs")
    rows = (
        (
            _text(item["number"]),
            _text(item["state"]),
            *(_text(item[key]) for key in ("wrong", "unavailable")),
            *(_text(item["scores"].get(kind)) for kind in kinds),
            *(_code(str(item[key])[:18] + "...") for key in ("inputs", "outputs")),
        )
        for item in rounds
    )
    return _table(head, rows)


def _checks(checks: Sequence[Any]) -> str:
    head = ("check", "what must hold", "requirements", "compared", *_OUTCOMES, "left out because")
    rows = (
        (
            _name(item["name"]),
            _text(item["meaning"]),
            _text(" ".join(item["requirements"])),
            _text(item["compared"]),
            *(_text(item[outcome]) for outcome in _OUTCOMES),
            _text(item["skipped"]),
        )
        for item in checks
    )
    return _table(head, rows)


def _section(title: str, content: str) -> str:
    return f"<h2>{title}</h2>{content}"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are escaped already."""
    top = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(content: str) -> str:
    return f'<td class="n">{content}</td>' if content.isdigit() else f"<td>{content}</td>"


def _text(value: object) -> str:
    return "" if value is None else escape(str(value))


def _name(value: object) -> str:
    return f'<code class="name">{_text(value)}</code>'


def _code(value: object) -> str:
    return f"<code>{_text(value)}</code>" if value not in (None, "") else ""
