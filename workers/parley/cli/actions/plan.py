"""A federation's terms and policy as its sponsor writes them: TOML with good defaults.

    rounds = 5                    # at most as many as there are sealed shards
    admission = "open"            # or "invitation"

    [policy]
    train = 3600                  # windows in seconds
    reward = "1000"               # amounts in whole tokens, as a string or an integer
    rule = "trimmed_mean"
    clip = 8.0                    # real numbers, in units of the model's parameters

Every key may be left out; every key of `PolicyPlan` may be given. On development chains the windows default to those of
the demo, elsewhere to hours.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from parley.chain.limits import UINT96
from parley.chain.model import Admission, Policy
from parley.cli.amounts import WEI, to_wei
from parley.config import nearest
from parley.errors import ConfigError
from parley.numerics.rules import Rule
from parley.tasks.document import FixedPoint

MAX_FILE_BYTES = 1 << 20
DEVELOPMENT_CHAINS = frozenset({1337, *range(31_337, 31_400)})
"""Chains on which `ParleyToken.mint` is open to all."""

DEMO_WINDOWS = {
    "train": 30,
    "reveal": 10,
    "key": 8,
    "score_commit": 25,
    "score_reveal": 10,
    "settle": 12,
    "challenge": 6,
    "supply": 6,
}
"""Seconds; half a minute a round with early ends (section 9)."""

HOUR = 3600
LONG_WINDOWS = {
    "train": 24 * HOUR,
    "reveal": 2 * HOUR,
    "key": 2 * HOUR,
    "score_commit": 6 * HOUR,
    "score_reveal": 2 * HOUR,
    "settle": 2 * HOUR,
    "challenge": 12 * HOUR,
    "supply": 6 * HOUR,
}
"""Seconds; two days a round at most, for people who sleep."""


def _rule(name: object) -> object:
    """A rule by its name, `trimmed_mean` or `trimmed-mean`."""
    if isinstance(name, str):
        known = {rule.name.lower(): rule for rule in Rule}
        key = name.lower().replace("-", "_")
        if key not in known:
            raise ValueError(f"a rule is one of {', '.join(known)}")
        return known[key]
    return name


Tokens = Annotated[int, BeforeValidator(to_wei), Field(ge=0, le=UINT96)]
Window = Annotated[int, Field(ge=1, lt=2**24)]
Bps = Annotated[int, Field(ge=0, le=10_000)]


class PolicyPlan(BaseModel):
    """Overrides of the policy; `None` where the default depends on the chain, the task or the admission.

    Attributes:
        train: window in which updates are committed, seconds; likewise the seven that follow.
        clip: the largest absolute value of an update's parameter; by default as the task document recommends.
        initial_norm: expected length of an honest update, the reference of the first round (P-25); likewise.
        rule: by default the trimmed mean where anyone may join, the mean by invitation (P-6).
        reward: of a round, all pools together.
        trainers_bps: the trainers' part of it; evaluators_bps likewise, the rest is the aggregator's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: Window | None = None
    reveal: Window | None = None
    key: Window | None = None
    score_commit: Window | None = None
    score_reveal: Window | None = None
    settle: Window | None = None
    challenge: Window | None = None
    supply: Window | None = None
    min_trainers: int = Field(default=3, ge=3, le=256)
    max_trainers: int = Field(default=64, ge=3, le=256)
    seats: int = Field(default=5, ge=3, le=32)
    quorum: int = Field(default=3, ge=3, le=32)
    reward: Tokens = 1000 * WEI
    bond: Tokens = 500 * WEI
    rule: Annotated[Rule | None, BeforeValidator(_rule)] = None
    trim_bps: int = Field(default=2000, ge=0, lt=5000)
    beta: int = Field(default=32_768, ge=0, lt=65_536)
    trainer_stake: Tokens = 100 * WEI
    evaluator_stake: Tokens = 100 * WEI
    aggregator_stake: Tokens = 100 * WEI
    clip_slash: Tokens = 50 * WEI
    initial_norm: float | None = Field(default=None, gt=0, le=1e9)
    clip: float | None = Field(default=None, gt=0, le=1e9)
    trainers_bps: Bps = 7000
    evaluators_bps: Bps = 2000

    def policy(self, *, windows: dict[str, int], admission: Admission, numbers: FixedPoint) -> Policy:
        """The policy in the contracts' units.

        Args:
            windows: defaults of the windows, seconds.
            admission: decides the default rule.
            numbers: what the task document recommends: fraction bits, clip and norm.
        """
        one = 2**numbers.frac_bits
        default_rule = Rule.TRIMMED_MEAN if admission is Admission.OPEN else Rule.MEAN
        chosen = {name: getattr(self, name) or seconds for name, seconds in windows.items()}
        chosen["rule"] = default_rule if self.rule is None else self.rule
        chosen["clip"] = min(round((self.clip or numbers.clip) * one), 2**31 - 1)
        chosen["initial_norm"] = max(1, round((self.initial_norm or numbers.initial_norm) * one))
        return Policy(**{**self.model_dump(), **chosen})


class FederationPlan(BaseModel):
    """What a sponsor may choose when it creates a federation.

    Attributes:
        rounds: how many may open, void ones included; by default one for each sealed shard.
        admission: open to all, or by the sponsor's invitations.
        token: stake and reward token; by default the deployed ParleyToken.
        reward_depth: depth of the reward tree, which bounds the members to 2^depth.
        policy: overrides of the policy.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rounds: int | None = Field(default=None, ge=1, le=2**20)
    admission: Literal["open", "invitation"] = "open"
    token: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    reward_depth: int = Field(default=10, ge=1, le=16)
    policy: PolicyPlan = PolicyPlan()

    @property
    def admission_kind(self) -> Admission:
        """Who may join, as the contracts say it."""
        return Admission[self.admission.upper()]


def read_plan(path: Path | None) -> FederationPlan:
    """Read a plan; all defaults if there is no file.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, or a value is out of range.
    """
    if path is None:
        return FederationPlan()
    values = _read_toml(path)
    _check_keys(path, values, FederationPlan)
    policy = values.get("policy", {})
    if isinstance(policy, dict):
        _check_keys(path, policy, PolicyPlan)
    try:
        return FederationPlan(**values)
    except ValidationError as error:
        raise _explained(path, error) from error


def default_windows(chain_id: int) -> dict[str, int]:
    """The windows of a policy that names none, seconds."""
    return DEMO_WINDOWS if chain_id in DEVELOPMENT_CHAINS else LONG_WINDOWS


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(MAX_FILE_BYTES).decode())
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}", hint="check the path") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", hint="see `parley federation create --help`") from error


def _check_keys(path: Path, values: dict[str, Any], model: type[BaseModel]) -> None:
    for key in values:
        if key not in model.model_fields:
            meant = nearest(key, model.model_fields)
            hint = f"did you mean {meant!r}?" if meant else f"known keys: {', '.join(model.model_fields)}"
            raise ConfigError(f"{path}: key {key!r} is unknown", hint=hint)


def _explained(path: Path, error: ValidationError) -> ConfigError:
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    return ConfigError(
        f"{path}: {key} is not valid: {reason[:1].lower()}{reason[1:]}", hint="see docs/protocol.md, section 5"
    )
