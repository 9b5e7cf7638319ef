// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An operator's membership of a federation in one word.
///
/// | bits | field | |
/// |---|---|---|
/// | 0-7 | roles | TRAINER, EVALUATOR, AGGREGATOR; 0 once unbonded |
/// | 8-23 | index + 1 | member index in the reward tree; 0: none yet (P-12) |
/// | 24-47 | from | first round it may act in |
/// | 48-71 | until | last round it may act in; all ones while it has not left |
/// | 72-95 | changed | round in which its roster positions last changed (P-7) |
/// | 96-111, 112-127 | evaluator positions | now, and at the opening of round `changed` |
/// | 128-143, 144-159 | aggregator positions | now, and at the opening of round `changed` |
/// | 160-255 | stake | locked by this membership, in units of the token's decimals |
type MemberWord is uint256;

using MemberState for MemberWord global;

/// @dev Roles of a member.
uint256 constant TRAINER = 1;
uint256 constant EVALUATOR = 2;
uint256 constant AGGREGATOR = 4;

/// @title MemberState
/// @notice Reads and changes a {MemberWord}.
library MemberState {
    /// @notice A position that is none, and the largest roster.
    uint256 internal constant NO_POSITION = 0xFFFF;
    /// @notice `until` of a member that has not left.
    uint256 internal constant FOR_EVER = 0xFFFFFF;

    uint256 private constant U16 = 0xFFFF;
    uint256 private constant U24 = 0xFFFFFF;
    uint256 private constant CHANGED = 72;
    uint256 private constant STAKE = 160;

    /* ------------------------------------------- READ --------------------------------------------- */

    /// @notice Bit set of roles.
    function roles(MemberWord m) internal pure returns (uint256) {
        return MemberWord.unwrap(m) & 0xFF;
    }

    /// @notice Member index + 1, 0 for none.
    function ordinal(MemberWord m) internal pure returns (uint256) {
        return (MemberWord.unwrap(m) >> 8) & U16;
    }

    /// @notice First round it may act in.
    function from(MemberWord m) internal pure returns (uint256) {
        return (MemberWord.unwrap(m) >> 24) & U24;
    }

    /// @notice Last round it may act in.
    function until(MemberWord m) internal pure returns (uint256) {
        return (MemberWord.unwrap(m) >> 48) & U24;
    }

    /// @notice Locked stake.
    function stake(MemberWord m) internal pure returns (uint256) {
        return MemberWord.unwrap(m) >> STAKE;
    }

    /// @notice True if it may act in `role` in `round`.
    function acts(MemberWord m, uint256 round, uint256 role) internal pure returns (bool) {
        return roles(m) & role != 0 && from(m) <= round && round <= until(m);
    }

    /// @notice Position among those of `role` now (EVALUATOR or AGGREGATOR).
    function position(MemberWord m, uint256 role) internal pure returns (uint256) {
        return (MemberWord.unwrap(m) >> _shift(role)) & U16;
    }

    /// @notice Position among those of `role` at the opening of `round`, the current one (P-7).
    function positionAtOpening(MemberWord m, uint256 role, uint256 round) internal pure returns (uint256) {
        unchecked {
            uint256 changed = (MemberWord.unwrap(m) >> CHANGED) & U24;
            return (MemberWord.unwrap(m) >> (_shift(role) + (changed == round ? 16 : 0))) & U16;
        }
    }

    /* ------------------------------------------- CHANGE ------------------------------------------- */

    /// @notice A membership that begins: in no roster, neither now nor at the opening of `round`. The index stays.
    function joined(MemberWord m, uint256 roles_, uint256 round, uint256 stake_) internal pure returns (MemberWord) {
        uint256 kept = MemberWord.unwrap(m) & U16 << 8;
        unchecked {
            return MemberWord.wrap(
                kept | roles_ | (round + 1) << 24 | FOR_EVER << 48 | round << CHANGED | uint256(0xFFFFFFFFFFFFFFFF)
                    << 96 | stake_ << STAKE
            );
        }
    }

    /// @notice The membership ends with `round`.
    function left(MemberWord m, uint256 round) internal pure returns (MemberWord) {
        return MemberWord.wrap(MemberWord.unwrap(m) & ~(U24 << 48) | round << 48);
    }

    /// @notice With `amount` less of stake, at most all of it.
    function slashed(MemberWord m, uint256 amount) internal pure returns (MemberWord) {
        unchecked {
            return MemberWord.wrap(MemberWord.unwrap(m) - (amount << STAKE));
        }
    }

    /// @notice Nothing but the member index is left.
    function unbonded(MemberWord m) internal pure returns (MemberWord) {
        return MemberWord.wrap(MemberWord.unwrap(m) & U16 << 8);
    }

    /// @notice With the member index `index`, at most 2**16 - 2.
    function withIndex(MemberWord m, uint256 index) internal pure returns (MemberWord) {
        unchecked {
            return MemberWord.wrap(MemberWord.unwrap(m) & ~(U16 << 8) | (index + 1) << 8);
        }
    }

    /// @notice Moved to `position_` among those of `role` in `round`; remembers where it was at that round's opening.
    function moved(MemberWord m, uint256 role, uint256 position_, uint256 round) internal pure returns (MemberWord) {
        uint256 w = MemberWord.unwrap(m);
        if ((w >> CHANGED) & U24 != round) {
            uint256 evaluator = (w >> 96) & U16;
            uint256 aggregator = (w >> 128) & U16;
            w = w & ~(U16 << 112 | U16 << 144 | U24 << CHANGED) | evaluator << 112 | aggregator << 144 | round
                << CHANGED;
        }
        uint256 shift = _shift(role);
        return MemberWord.wrap(w & ~(U16 << shift) | position_ << shift);
    }

    function _shift(uint256 role) private pure returns (uint256) {
        return role == EVALUATOR ? 96 : 128;
    }
}
