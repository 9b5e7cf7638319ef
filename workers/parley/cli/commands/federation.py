"""`parley federation`: from sealing to closing."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.group import group
from parley.cli.options import Amount, Json, Roles, To, example
from parley.cli.output import emit, heading, note, show_facts, show_rows, with_tokens
from parley.cli.progress import working
from parley.cli.session import session_of

if TYPE_CHECKING:
    from parley.chain.model import Policy, Terms

federation = group("federation", "Federations: sealed, created, funded, joined, watched and ended.")

PlanFile = Annotated[
    Path | None, typer.Argument(metavar="[PLAN.toml]", help="Terms and policy; see below.", show_default="all defaults")
]


@federation.command(
    epilog=example("parley federation seal digits --rounds 5", "parley federation seal my-task/task.toml --rounds 20")
)
def seal(
    ctx: typer.Context,
    task: Annotated[str, typer.Argument(metavar="TASK", help="A built-in task, or the TOML of your own.")],
    rounds: Annotated[int, typer.Option(help="Shards to cut: rounds that can be judged.", min=1)] = 5,
    data: Annotated[
        Path | None, typer.Option(help="Validation data, .npz of X and y.", show_default="built-in: its own part")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of data split and genesis model.", min=0)] = 0,
    public: Annotated[
        bool, typer.Option("--public", help="Do not encrypt. Warning: trainers may train on it.")
    ] = False,
    json: Json = False,
) -> None:
    """Cut and encrypt the validation shards, make their hash chain, publish shards, task document and genesis model.

    The secret of the chain goes to a file of mode 0600 below --home: keep it, and never train with it at hand.
    """
    from parley.cli.actions.sealing import seal as do
    from parley.cli.actions.task_files import define, validation_data

    session = session_of(ctx)
    with working("seal") as say:
        say("loading the task")
        definition = define(task)
        validation = validation_data(definition, data, seed)
        sealed = do(
            definition, validation, rounds, session.store, session.settings.home, public=public, seed=seed, say=say
        )
    emit(sealed, as_json=json)


@federation.command(
    epilog=example("parley federation create --account sponsor", "parley federation create plan.toml --account sponsor")
)
def create(
    ctx: typer.Context,
    plan: PlanFile = None,
    sealed: Annotated[Path | None, typer.Option(help="sealed.json of the seal.", show_default="the newest")] = None,
    json: Json = False,
) -> None:
    """Create a federation from a seal; the key that acts becomes its sponsor.

    A plan holds: rounds, admission ("open" or "invitation"), token, reward_depth; and below [policy] the windows train,
    reveal, key, score_commit, score_reveal, settle, challenge, supply in seconds; reward, bond, trainer_stake,
    evaluator_stake, aggregator_stake, clip_slash in whole tokens; trainers_bps, evaluators_bps; min_trainers,
    max_trainers, seats, quorum; rule, trim_bps, beta, clip, initial_norm. All have defaults.
    """
    from parley.chain.contracts import token_at
    from parley.cli.actions import federations
    from parley.cli.actions.plan import read_plan
    from parley.cli.actions.sealing import newest_seal, read_basis

    session = session_of(ctx)
    chosen = read_plan(plan)
    basis = read_basis(sealed or newest_seal(session.settings.home), session.store)
    token = session.own_token() if chosen.token is None else token_at(session.w3, chosen.token)
    created = federations.create(session.w3, session.contracts, session.sender, token, chosen, basis)
    warning = federations.warning_about(created.terms)
    if warning:
        note(f"warning: {warning}")
    emit(created, as_json=json, show=_show_created)


@federation.command(epilog=example("parley federation fund 5000 --account sponsor"))
def fund(ctx: typer.Context, amount: Amount, json: Json = False) -> None:
    """Add to a federation's budget, from which each round's reward is reserved; anyone may."""
    from parley.cli.actions.federations import fund as pay_in

    session = session_of(ctx)
    steps = pay_in(session.contracts, session.sender, session.token(session.fid), session.fid, amount)
    emit(steps, as_json=json, show=show_rows)


@federation.command(epilog=example("parley federation withdraw 1000 --account sponsor --to treasury"))
def withdraw(ctx: typer.Context, amount: Amount, to: To = None, json: Json = False) -> None:
    """Take free budget back: what is neither reserved nor owed. Sponsor only."""
    from parley.cli.actions.federations import withdraw_budget

    session = session_of(ctx)
    emit(withdraw_budget(session.contracts, session.sender, session.fid, amount, session.address_of(to)), as_json=json)


@federation.command(epilog=example("parley federation amend plan.toml --account sponsor"))
def amend(
    ctx: typer.Context,
    plan: Annotated[Path, typer.Argument(metavar="PLAN.toml", help="Its [policy] is what changes.")],
    json: Json = False,
) -> None:
    """Change the policy of rounds not yet opened; what the plan does not name stays. Sponsor only."""
    from parley.cli.actions.federations import set_policy
    from parley.cli.actions.plan import read_plan

    session = session_of(ctx)
    overrides = read_plan(plan).policy
    policy, done = set_policy(session.contracts, session.sender, session.reader().view(), overrides)
    emit({"policy": policy, "transaction": done}, as_json=json)


@federation.command(
    epilog=example("parley federation invite 0x... --role trainer --account sponsor --json > invitation.json")
)
def invite(
    ctx: typer.Context,
    operator: Annotated[str, typer.Argument(metavar="NAME|ADDRESS", help="Who may join.")],
    role: Roles = None,
    days: Annotated[float, typer.Option(help="How long it is good.", min=0.001)] = 7.0,
    out: Annotated[Path | None, typer.Option(help="Write it to a file as well.")] = None,
    json: Json = False,
) -> None:
    """Sign an invitation for one operator and exactly these roles; send it the file. Costs no gas. Sponsor only."""
    from parley.cli.actions import memberships
    from parley.files import write_whole

    session = session_of(ctx)
    roles = memberships.parse_roles(role or [])
    invited = session.address_of(operator)
    invitation = memberships.invite(session.w3, session.contracts, session.signer, session.fid, invited, roles, days)
    facts = invitation.model_dump()
    if out is not None:
        write_whole(out, (json_module.dumps(facts, indent=2) + "\n").encode())
    emit(facts, as_json=json)


@federation.command(
    epilog=example(
        "parley federation join --role trainer --account alice",
        "parley federation join --invitation invitation.json --account alice",
    )
)
def join(
    ctx: typer.Context,
    role: Roles = None,
    invitation: Annotated[Path | None, typer.Option(help="The sponsor's invitation; names the roles.")] = None,
    json: Json = False,
) -> None:
    """Join with one or more roles; locks their stake from your free stake. Needs the operator's own key."""
    from parley.chain.model import Role
    from parley.cli.actions import memberships

    session = session_of(ctx)
    invited = None if invitation is None else memberships.read_invitation(invitation)
    roles = Role(invited.roles) if invited is not None and not role else memberships.parse_roles(role or [])
    view = session.reader(session.operator_of()).view()
    emit(memberships.join(session.contracts, session.sender, view, roles, invited), as_json=json)


@federation.command(epilog=example("parley federation leave --account alice"))
def leave(ctx: typer.Context, json: Json = False) -> None:
    """Leave after the current round. The stake can be unbonded once that is final."""
    from parley.cli.actions.memberships import leave as go

    session = session_of(ctx)
    emit(go(session.contracts, session.sender, session.fid), as_json=json)


@federation.command(epilog=example("parley federation unbond --account alice"))
def unbond(
    ctx: typer.Context,
    operator: Annotated[
        str | None, typer.Argument(metavar="[NAME|ADDRESS]", help="Whose stake.", show_default="the key that acts")
    ] = None,
    json: Json = False,
) -> None:
    """Free the stake of a former member once its last round is final; anyone may."""
    from parley.cli.actions.memberships import unbond as free

    session = session_of(ctx)
    emit(free(session.contracts, session.sender, session.fid, session.operator_of(operator)), as_json=json)


@federation.command(epilog=example("parley federation show", "parley federation show --federation 2 --json"))
def show(ctx: typer.Context, json: Json = False) -> None:
    """Show everything about a federation: terms, policy, members, money, newest model."""
    from parley.cli.actions import federations

    session = session_of(ctx)
    facts = federations.show_federation(session.contracts, session.reader().view())
    warning = federations.warning_about(facts.terms)
    if warning:
        note(f"warning: {warning}")
    emit(facts, as_json=json, show=_show_federation)


@federation.command("list", epilog=example("parley federation list --json"))
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List all federations of the deployment."""
    from parley.cli.actions.federations import list_federations

    rows = list_federations(session_of(ctx).contracts)
    if not rows and not json:
        note("no federation yet; `parley federation create` makes one")
        return
    emit(rows, as_json=json, show=with_tokens("budget"))


@federation.command(epilog=example("parley federation close --account sponsor"))
def close(ctx: typer.Context, json: Json = False) -> None:
    """Rule out further rounds; the open one plays out, and the rest of the budget can be withdrawn. Sponsor only."""
    from parley.cli.actions.federations import close as end

    session = session_of(ctx)
    emit(end(session.contracts, session.sender, session.fid), as_json=json)


AMOUNTS = ("reward", "bond", "trainer_stake", "evaluator_stake", "aggregator_stake", "clip_slash")


def _show_created(facts: object) -> None:
    from parley.cli.actions.federations import Created

    if isinstance(facts, Created):
        show_facts({"federation": facts.federation, "sponsor": facts.sponsor, **vars(facts.transaction)})
        _show_policy(facts.policy, facts.terms)


def _show_federation(facts: object) -> None:
    from parley.cli.actions.federations import FederationFacts

    if not isinstance(facts, FederationFacts):
        return
    with_tokens(hide=("budget",))(facts.summary)
    show_facts(
        {
            "chain": facts.chain_id,
            "admission": facts.admission,
            "validation": facts.validation,
            "task": facts.task,
            "model": facts.model,
            "waits for": facts.obstacle,
            "members": facts.members,
        }
    )
    heading("Budget in tokens")
    with_tokens("free", "reserved", "owed")(facts.money)
    _show_policy(facts.policy, facts.terms)


def _show_policy(policy: Policy, terms: Terms) -> None:
    """A policy as its plan would say it: seconds, whole tokens, real numbers."""
    heading("Policy: windows in seconds, amounts in tokens")
    one = 2**terms.frac_bits
    real = {"clip": policy.clip / one, "initial_norm": policy.initial_norm / one}
    with_tokens(*AMOUNTS)({**asdict(policy), **real})
