// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EVALUATOR, TRAINER} from "./MemberState.sol";

/// @notice A federation's changing state in one word, read and written where rounds open and end and rosters change.
///
/// | bits | field | |
/// |---|---|---|
/// | 0-23 | round | current or last round |
/// | 24-39 | version | newest policy version |
/// | 40-55, 56-71, 72-87 | trainers, evaluators, aggregators | members now |
/// | 88-103, 104-119 | evaluators, aggregators at opening | E and A of P-27 |
/// | 120-135 | memberCount | member indices given |
/// | 136-199 | norm | of the last final settlement (P-25) |
/// | 200-239 | seedBlock | block whose hash seeds the current round |
/// | 240 | live | the round is neither final nor void |
/// | 241 | closed | no further round |
/// | 242 | sealed | there is a validation anchor (P-24) |
/// | 243 | modelBit | which of the two model slots holds the last final model |
type FederationWord is uint256;

using FederationState for FederationWord global;

/// @title FederationState
/// @notice Reads and changes a {FederationWord}.
/// @dev Callers bound the counts: rosters and indices below 2**16, rounds below 2**24.
library FederationState {
    uint256 private constant TRAINERS = 40;
    uint256 private constant EVALUATORS = 56;
    uint256 private constant AGGREGATORS = 72;
    uint256 private constant OPENING = 88;
    uint256 private constant INDEXED = 120;
    uint256 private constant NORM = 136;
    uint256 private constant SEED_BLOCK = 200;
    uint256 private constant LIVE = 240;
    uint256 private constant CLOSED = 241;
    uint256 private constant SEALED = 242;
    uint256 private constant MODEL_BIT = 243;
    uint256 private constant U16 = 0xFFFF;
    uint256 private constant U32 = 0xFFFFFFFF;
    uint256 private constant U40 = 0xFFFFFFFFFF;
    uint256 private constant U64 = 0xFFFFFFFFFFFFFFFF;

    /* ------------------------------------------- READ --------------------------------------------- */

    /// @notice Current or last round.
    function round(FederationWord f) internal pure returns (uint256) {
        return FederationWord.unwrap(f) & 0xFFFFFF;
    }

    /// @notice Newest policy version; 0 for a federation that does not exist.
    function version(FederationWord f) internal pure returns (uint256) {
        return _at(f, 24, U16);
    }

    /// @notice Members with `role` now.
    function count(FederationWord f, uint256 role) internal pure returns (uint256) {
        return _at(f, _shift(role), U16);
    }

    /// @notice Evaluators at opening: E.
    function evaluatorsAtOpening(FederationWord f) internal pure returns (uint256) {
        return _at(f, OPENING, U16);
    }

    /// @notice Aggregators at opening: A.
    function aggregatorsAtOpening(FederationWord f) internal pure returns (uint256) {
        return _at(f, OPENING + 16, U16);
    }

    /// @notice Member indices given.
    function memberCount(FederationWord f) internal pure returns (uint256) {
        return _at(f, INDEXED, U16);
    }

    /// @notice Norm of the last final settlement.
    function norm(FederationWord f) internal pure returns (uint256) {
        return _at(f, NORM, U64);
    }

    /// @notice Block whose hash seeds the current round.
    function seedBlock(FederationWord f) internal pure returns (uint256) {
        return _at(f, SEED_BLOCK, U40);
    }

    /// @notice The round is neither final nor void.
    function live(FederationWord f) internal pure returns (bool) {
        return _at(f, LIVE, 1) != 0;
    }

    /// @notice No further round.
    function closed(FederationWord f) internal pure returns (bool) {
        return _at(f, CLOSED, 1) != 0;
    }

    /// @notice There is a validation anchor.
    function sealed_(FederationWord f) internal pure returns (bool) {
        return _at(f, SEALED, 1) != 0;
    }

    /// @notice Which model slot holds the last final model.
    function modelBit(FederationWord f) internal pure returns (uint256) {
        return _at(f, MODEL_BIT, 1);
    }

    /* ------------------------------------------- CHANGE ------------------------------------------- */

    /// @notice A new federation with policy version 1.
    function created(bool sealed__) internal pure returns (FederationWord) {
        return FederationWord.wrap(1 << 24 | (sealed__ ? 1 << SEALED : 0));
    }

    /// @notice With the next policy version.
    function withNextVersion(FederationWord f) internal pure returns (FederationWord) {
        return FederationWord.wrap(FederationWord.unwrap(f) + (1 << 24));
    }

    /// @notice Without further rounds.
    function close(FederationWord f) internal pure returns (FederationWord) {
        return FederationWord.wrap(FederationWord.unwrap(f) | 1 << CLOSED);
    }

    /// @notice With one more member of `role`.
    function add(FederationWord f, uint256 role) internal pure returns (FederationWord) {
        return FederationWord.wrap(FederationWord.unwrap(f) + (1 << _shift(role)));
    }

    /// @notice With one member of `role` less.
    function remove(FederationWord f, uint256 role) internal pure returns (FederationWord) {
        return FederationWord.wrap(FederationWord.unwrap(f) - (1 << _shift(role)));
    }

    /// @notice With one more member index given.
    function withNextMember(FederationWord f) internal pure returns (FederationWord) {
        return FederationWord.wrap(FederationWord.unwrap(f) + (1 << INDEXED));
    }

    /// @notice The next round is open; role counts are copied (P-7).
    function opened(FederationWord f, uint256 seedBlock_) internal pure returns (FederationWord) {
        uint256 counts = (FederationWord.unwrap(f) >> EVALUATORS) & U32;
        uint256 cleared = FederationWord.unwrap(f) & ~(U32 << OPENING | U40 << SEED_BLOCK);
        return FederationWord.wrap((cleared | counts << OPENING | seedBlock_ << SEED_BLOCK | 1 << LIVE) + 1);
    }

    /// @notice The round is over; models and norm stay.
    function ended(FederationWord f) internal pure returns (FederationWord) {
        return FederationWord.wrap(FederationWord.unwrap(f) & ~uint256(1 << LIVE));
    }

    /// @notice With the norm of a final settlement and the other model slot.
    function finalised(FederationWord f, uint256 norm_) internal pure returns (FederationWord) {
        return FederationWord.wrap((FederationWord.unwrap(f) & ~(U64 << NORM) | norm_ << NORM) ^ 1 << MODEL_BIT);
    }

    function _at(FederationWord f, uint256 shift, uint256 mask) private pure returns (uint256) {
        return (FederationWord.unwrap(f) >> shift) & mask;
    }

    function _shift(uint256 role) private pure returns (uint256) {
        return role == TRAINER ? TRAINERS : role == EVALUATOR ? EVALUATORS : AGGREGATORS;
    }
}
