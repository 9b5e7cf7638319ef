// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Sortition
/// @notice Draws seats and turns from a round's seed (P-27).
library Sortition {
    /// @notice Seat of the evaluator at `position`: the first distinct values of `keccak256(seed ‖ d) mod size`,
    /// d = 0, 1, ..., are the seats 0, 1, ...
    /// @dev Ends, since `size > seats`: after every draw at least one value in `size` is new.
    /// @param size Evaluators at opening, above `seats`.
    /// @param seats Seats of the panel, at most 32.
    /// @return seat `seats` if the position was not drawn.
    function seatOf(bytes32 seed, uint256 size, uint256 seats, uint256 position) internal pure returns (uint256 seat) {
        uint256[] memory taken = new uint256[](seats);
        for (uint256 d; seat < seats; ++d) {
            uint256 value = uint256(keccak256(abi.encode(seed, d))) % size;
            if (_contains(taken, seat, value)) continue;
            if (value == position) return seat;
            taken[seat++] = value;
        }
    }

    /// @notice Position of the aggregator whose turn `turn` is: `(keccak256(seed ‖ "agg") + turn) mod size`.
    /// @param size Aggregators at opening, not zero.
    function turnPosition(bytes32 seed, uint256 size, uint256 turn) internal pure returns (uint256) {
        return addmod(uint256(keccak256(abi.encodePacked(seed, "agg"))), turn, size);
    }

    function _contains(uint256[] memory values, uint256 length, uint256 value) private pure returns (bool) {
        for (uint256 i; i < length; ++i) {
            if (values[i] == value) return true;
        }
        return false;
    }
}
