"""`parley token`, `parley stake` and `parley claim`: money."""

from __future__ import annotations

from typing import Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Amount, Json, To, Whose, example
from parley.cli.output import emit, show_rows, with_tokens
from parley.cli.session import session_of

token = group("token", "The stake and reward token.")
stake = group("stake", "An operator's account in the stake vault.")


@token.command(epilog=example("parley token balance alice", "parley token balance 0x... --json"))
def balance(ctx: typer.Context, whose: Whose = None, json: Json = False) -> None:
    """Show what an address holds: tokens, and ether for gas."""
    from parley.cli.actions.tokens import balance_of

    session = session_of(ctx)
    facts = balance_of(session.w3, session.token(), session.address_of(whose))
    emit(facts, as_json=json, show=with_tokens("tokens", "ether"))


@token.command(epilog=example("parley token mint 10000 --to alice --account alice"))
def mint(ctx: typer.Context, amount: Amount, to: To = None, json: Json = False) -> None:
    """Make tokens, on development chains only."""
    from parley.cli.actions.tokens import mint as make

    session = session_of(ctx)
    emit(make(session.sender, session.own_token(), session.address_of(to), amount), as_json=json)


@stake.command(epilog=example("parley stake deposit 1000 --account alice"))
def deposit(
    ctx: typer.Context,
    amount: Amount,
    operator: Annotated[
        str | None, typer.Option("--for", metavar="NAME|ADDRESS", help="Whose stake.", show_default="the key that acts")
    ] = None,
    json: Json = False,
) -> None:
    """Deposit tokens as free stake; joining locks some of it, a settlement's bond another part."""
    from parley.cli.actions.stakes import deposit as pay_in

    session = session_of(ctx)
    steps = pay_in(session.contracts, session.sender, session.token(), session.address_of(operator), amount)
    emit(steps, as_json=json, show=show_rows)


@stake.command(epilog=example("parley stake withdraw 900 --account alice --to bob"))
def withdraw(ctx: typer.Context, amount: Amount, to: To = None, json: Json = False) -> None:
    """Take free stake back; what is locked stays until its membership is unbonded."""
    from parley.cli.actions.stakes import withdraw as take

    session = session_of(ctx)
    done = take(session.contracts, session.sender, session.token().address, amount, session.address_of(to))
    emit(done, as_json=json)


@stake.command("show", epilog=example("parley stake show alice --json"))
def show_stake(ctx: typer.Context, whose: Whose = None, json: Json = False) -> None:
    """Show an operator's free and locked stake, or what a watcher's key has earned."""
    from parley.cli.actions.operators import operator_or_self
    from parley.cli.actions.stakes import stake_of

    session = session_of(ctx)
    owner = operator_or_self(session.contracts, session.address_of(whose or session.settings.operator))
    facts = stake_of(session.contracts, session.token().address, owner)
    emit(facts, as_json=json, show=with_tokens("free", "locked"))


def claim(
    ctx: typer.Context,
    operator: Annotated[
        str | None, typer.Argument(metavar="[NAME|ADDRESS]", help="Whose rewards.", show_default="the key that acts")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME|ADDRESS", help="Pay another address, signed by the operator.")
    ] = None,
    dry: Annotated[bool, typer.Option("--dry", help="Only compute what is due; send nothing.")] = False,
    json: Json = False,
) -> None:
    """Take everything earned in final rounds, with one transaction.

    The amount and its proof are recomputed from the chain's history: nobody has to be asked. Anyone may pay the gas;
    only --to needs the operator's own key.
    """
    from parley.cli.actions import claims
    from parley.roles.books import Books

    session = session_of(ctx)
    whose = session.operator_of(operator)
    reader = session.reader(whose)
    due = claims.claim_of(reader.view(), Books(reader.policy), session.contracts, whose)
    if dry:
        emit(due, as_json=json, show=with_tokens("cumulative", "claimed", "due", hide=("proof",)))
        return
    claims.require_due(due)
    if to is None:
        paid = claims.claim(session.contracts, session.sender, due)
    else:
        paid = claims.claim_to(
            session.w3, session.contracts, session.sender, due, session.signer, session.address_of(to)
        )
    emit(paid, as_json=json, show=with_tokens("amount"))


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(token, rich_help_panel="Money")
    app.add_typer(stake, rich_help_panel="Money")
    examples = example("parley claim --account alice", "parley claim --account alice --to 0x...", "parley claim --dry")
    app.command(rich_help_panel="Money", epilog=examples)(claim)
