// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Policy, Terms} from "../interfaces/ParleyTypes.sol";
import {IFederationRegistry} from "../interfaces/IFederationRegistry.sol";

/// @title Limits
/// @notice What terms and policies must satisfy, so that no round can be bricked by its parameters.
library Limits {
    uint256 internal constant MAX_PARAMS = 1 << 27;
    uint256 internal constant MAX_ROUNDS = 1 << 20;
    /// @dev With five turns, each with a challenge and four steps of demands, a round's end stays within 24 bits.
    uint256 internal constant MAX_TURN_WINDOW = 3 days;
    uint256 internal constant MAX_WINDOW = 30 days;

    /// @notice Reverts with `FederationRegistry_TermsInvalid` unless the terms are in range.
    function check(Terms calldata t) internal view {
        _term(t.token.code.length != 0, "token", uint160(t.token));
        _term(t.rounds != 0 && t.rounds <= MAX_ROUNDS, "rounds", t.rounds);
        _term(t.params != 0 && t.params <= MAX_PARAMS, "params", t.params);
        _term(t.fracBits <= 30, "fracBits", t.fracBits);
        _term(t.rewardDepth != 0 && t.rewardDepth <= 16, "rewardDepth", t.rewardDepth);
        _term(t.taskDigest != 0, "taskDigest", 0);
        _term(t.modelRoot != 0, "modelRoot", 0);
        _term(t.modelDigest != 0, "modelDigest", 0);
    }

    /// @notice Reverts with `FederationRegistry_PolicyInvalid` unless the policy is in range.
    /// @param minWindow Shortest window of this deployment, seconds.
    function check(Policy calldata p, uint256 minWindow) internal pure {
        _within("train", p.train, minWindow, MAX_WINDOW);
        _within("reveal", p.reveal, minWindow, MAX_WINDOW);
        _within("key", p.key, minWindow, MAX_WINDOW);
        _within("scoreCommit", p.scoreCommit, minWindow, MAX_WINDOW);
        _within("scoreReveal", p.scoreReveal, minWindow, MAX_WINDOW);
        _within("settle", p.settle, minWindow, MAX_TURN_WINDOW);
        _within("challenge", p.challenge, minWindow, MAX_TURN_WINDOW);
        _within("supply", p.supply, minWindow, MAX_TURN_WINDOW);
        _within("minTrainers", p.minTrainers, 3, 256);
        _within("maxTrainers", p.maxTrainers, p.minTrainers, 256);
        _within("seats", p.seats, 3, 32);
        _within("quorum", p.quorum, 3, p.seats);
        _within("bond", p.bond, 1, type(uint96).max);
        _within("trimBps", p.trimBps, 0, 4999);
        _within("initialNorm", p.initialNorm, 1, type(uint64).max);
        _within("clip", p.clip, 1, type(uint32).max >> 1);
        uint256 stakes = uint256(p.trainerStake) + p.evaluatorStake + p.aggregatorStake;
        _within("stakes", stakes, 0, type(uint96).max);
        _within("trainerStake", p.trainerStake, p.clipSlash, type(uint96).max);
        _within("trainersBps", p.trainersBps, 0, 10_000);
        _within("evaluatorsBps", p.evaluatorsBps, 0, 10_000 - p.trainersBps);
    }

    function _within(bytes32 name, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert IFederationRegistry.FederationRegistry_PolicyInvalid(name, value);
    }

    function _term(bool ok, bytes32 name, uint256 value) private pure {
        if (!ok) revert IFederationRegistry.FederationRegistry_TermsInvalid(name, value);
    }
}
