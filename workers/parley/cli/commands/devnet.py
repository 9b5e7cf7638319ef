"""`parley devnet` and `parley deploy`: a chain to try things on, and the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.amounts import WEI
from parley.cli.group import group
from parley.cli.options import Json, example, parse_tokens
from parley.cli.output import emit, note, show_rows, tokens_of
from parley.cli.progress import working
from parley.cli.session import Session, session_of

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from parley.chain.devnet import Flavour as Kind

devnet = group("devnet", "A local chain: Anvil as an L1, or as an OP Stack L2.")

Optimism = Annotated[bool, typer.Option("--optimism", help="An OP Stack L2 (chain 31338) instead of an L1 (31337).")]
Flavour = Annotated[str | None, typer.Option(metavar="l1|l2", help="The same, by name.", show_default="l1")]


@devnet.command(epilog=example("parley devnet up --detach", "parley devnet up --optimism --block-time 2"))
def up(
    ctx: typer.Context,
    optimism: Optimism = False,
    flavour: Flavour = None,
    port: Annotated[int | None, typer.Option(help="0 for any free one.", show_default="8545, L2 9545")] = None,
    block_time: Annotated[float, typer.Option(help="Seconds; 0 mines each transaction at once.", min=0)] = 1.0,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return, and leave it running.")] = False,
    json: Json = False,
) -> None:
    """Start a chain with twenty rich accounts, and run it until Ctrl-C."""
    from parley.chain import devnet as chain
    from parley.cli.actions.devnets import facts_of
    from parley.cli.signals import until_stopped

    home = session_of(ctx).settings.home
    kind = _kind(optimism, flavour)
    running = chain.up(home, flavour=kind, port=port, block_time=block_time or None)
    emit(facts_of(running), as_json=json)
    if not detach:
        try:
            note("running; Ctrl-C stops it")
            stopped = until_stopped(lambda: not running.is_running())
        finally:
            if running.is_running():
                chain.down(home, kind)
        if stopped.exit_code:
            raise typer.Exit(stopped.exit_code)


@devnet.command(epilog=example("parley devnet down"))
def down(ctx: typer.Context, optimism: Optimism = False, flavour: Flavour = None, json: Json = False) -> None:
    """Stop the chain that `up` started, by its process id; what was on it is gone."""
    from parley.chain import devnet as chain
    from parley.cli.actions.devnets import facts_of

    stopped = chain.down(session_of(ctx).settings.home, _kind(optimism, flavour))
    emit(facts_of(stopped), as_json=json)


@devnet.command(epilog=example("parley devnet status --json"))
def status(ctx: typer.Context, json: Json = False) -> None:
    """Show which local chains run, and where."""
    from parley.cli.actions.devnets import status as both

    emit(both(session_of(ctx).settings.home), as_json=json, show=show_rows)


@devnet.command(epilog=example("parley devnet fund alice bob", "parley devnet fund alice --ether 100"))
def fund(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME|ADDRESS...", help="Who gets it.")],
    ether: Annotated[
        int | None, typer.Option(parser=parse_tokens, metavar="ETHER", help="Balance to set.", show_default="10")
    ] = None,
    json: Json = False,
) -> None:
    """Give keys ether for gas, on a local chain only."""
    from parley.cli.actions.devnets import give_ether

    session = session_of(ctx)
    balances = give_ether(
        session.w3, [session.address_of(name) for name in names], 10 * WEI if ether is None else ether
    )
    emit(balances, as_json=json, show=lambda facts: show_rows(tokens_of(facts, "address", "ether")))


def deploy(
    ctx: typer.Context,
    token: Annotated[
        bool | None, typer.Option("--token/--no-token", help="Deploy ParleyToken.", show_default="on local chains")
    ] = None,
    supply: Annotated[
        int | None, typer.Option(parser=parse_tokens, metavar="TOKENS", help="Its supply, for you.", show_default="0")
    ] = None,
    min_window: Annotated[
        int | None, typer.Option(help="Shortest window of a policy, seconds.", show_default="60, locally 5")
    ] = None,
    fee_floor: Annotated[
        int | None,
        typer.Option(parser=parse_tokens, metavar="ETHER", help="Least fee of a data demand.", show_default="0.00001"),
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Deploy again even if it is there.")] = False,
    json: Json = False,
) -> None:
    """Deploy the contracts, or find them deployed; resumes where it was interrupted.

    Without --account, a local chain that `parley devnet` started pays with its own first key.
    """
    from parley.cli.actions.deployment import deploy_contracts, deployment_facts, options_for

    session = session_of(ctx)
    account = _deployer(session)
    folder = session.settings.deployments
    options = options_for(
        session.w3.eth.chain_id,
        account.address,
        token=token,
        supply=supply or 0,
        min_window=min_window,
        fee_floor=fee_floor,
    )
    with working("deploy") as say:
        deployment = deploy_contracts(
            session.w3, account, options, folder, session.outbox, anew=anew, policy=session.send_policy, say=say
        )
    emit(deployment_facts(deployment, folder), as_json=json)


def _deployer(session: Session) -> LocalAccount:
    """The key that deploys: the chosen one, else the first of the local chain that runs here."""
    from parley.chain.keystore import account_from_environment, account_from_hex
    from parley.cli.actions.devnets import key_of_devnet

    chosen = session.settings.account is not None or account_from_environment() is not None
    local = None if chosen else key_of_devnet(session.settings.home, session.w3.eth.chain_id)
    return session.signer if local is None else account_from_hex(local, source="the devnet")


def _kind(optimism: bool, flavour: str | None) -> Kind:
    """Which chain is meant."""
    from parley.chain.devnet import Flavour as Kind

    if flavour is None:
        return Kind.L2 if optimism else Kind.L1
    if flavour not in tuple(Kind):
        raise typer.BadParameter(f"a local chain is l1 or l2, not {flavour!r:.20}")
    return Kind(flavour)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(devnet, rich_help_panel="Set up")
    app.command(rich_help_panel="Set up", epilog=example("parley deploy", "parley deploy --no-token --account me"))(
        deploy
    )
