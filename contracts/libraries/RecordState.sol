// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A member's commitment in a round, in one word that is reused in every round (P-13).
///
/// | bits | field | |
/// |---|---|---|
/// | 0-23 | round | of the commitment; the word reads as empty in any other |
/// | 24 | revealed | |
/// | 25-33 | number | of an update its reveal index; of a score vector the reveal index + 1 of the same operator's update, or 0 |
/// | 40-255 | hash | top 216 bits of the commitment, then of what was revealed |
type RecordWord is uint256;

using RecordState for RecordWord global;

/// @title RecordState
/// @notice Reads and makes a {RecordWord}.
/// @dev 216 bits of keccak256 leave 108 bits against collisions and 216 against second preimages.
library RecordState {
    uint256 private constant ROUND = 0xFFFFFF;
    uint256 private constant REVEALED = 1 << 24;
    uint256 private constant HASH = ~uint256(0xFFFFFFFFFF);

    /// @notice A commitment in `round`.
    function committed(uint256 round, bytes32 commitment) internal pure returns (RecordWord) {
        return RecordWord.wrap(uint256(commitment) & HASH | round);
    }

    /// @notice What was revealed in `round`.
    function revealed(uint256 round, uint256 number_, bytes32 content) internal pure returns (RecordWord) {
        return RecordWord.wrap(uint256(content) & HASH | number_ << 25 | REVEALED | round);
    }

    /// @notice True if it is the unrevealed commitment `commitment` of `round`.
    function opens(RecordWord r, uint256 round, bytes32 commitment) internal pure returns (bool) {
        return RecordWord.unwrap(r) == RecordWord.unwrap(committed(round, commitment));
    }

    /// @notice True if it belongs to `round`.
    function isOf(RecordWord r, uint256 round) internal pure returns (bool) {
        return RecordWord.unwrap(r) & ROUND == round;
    }

    /// @notice True if it belongs to `round` and is revealed.
    function isRevealedIn(RecordWord r, uint256 round) internal pure returns (bool) {
        return RecordWord.unwrap(r) & (REVEALED | ROUND) == REVEALED | round;
    }

    /// @notice True if what was committed or revealed has this hash.
    function holds(RecordWord r, bytes32 content) internal pure returns (bool) {
        return (RecordWord.unwrap(r) ^ uint256(content)) & HASH == 0;
    }

    /// @notice The number kept with it.
    function number(RecordWord r) internal pure returns (uint256) {
        return (RecordWord.unwrap(r) >> 25) & 0x1FF;
    }

    /// @notice Top 216 bits of the hash, the rest zero.
    function hash(RecordWord r) internal pure returns (bytes32) {
        return bytes32(RecordWord.unwrap(r) & HASH);
    }
}
