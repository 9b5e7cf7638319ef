// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Disproof} from "../../../contracts/libraries/Disproof.sol";

/// @title DisproofHarness
/// @notice {Disproof} behind external functions, for Solidity tests and for differential tests of provers.
/// @dev Every function first fills scratch and free memory with junk, so that assembly which relies on zeroes is found out.
contract DisproofHarness {
    modifier brutalized() {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(0x00, not(0))
            mstore(0x20, not(free))
            for { let p := free } lt(p, add(free, 0x4000)) { p := add(p, 0x20) } { mstore(p, not(p)) }
        }
        _;
    }

    function wrongArithmetic(
        Disproof.Rules calldata rules,
        bytes calldata row,
        bytes calldata medians,
        uint256 lane,
        uint256 lo,
        uint256 hi
    ) external pure brutalized returns (bool) {
        return Disproof.wrongArithmetic(rules, row, medians, lane, lo, hi);
    }

    function wrongPadding(bytes calldata row, bytes calldata medians) external pure brutalized returns (bool) {
        return Disproof.wrongPadding(row, medians);
    }

    function wrongUpdate(bytes calldata row, uint256 slot, bytes32 word) external pure brutalized returns (bool) {
        return Disproof.wrongUpdate(row, slot, word);
    }

    function wrongOldModel(bytes calldata row, bool previous, bytes32 word) external pure brutalized returns (bool) {
        return Disproof.wrongOldModel(row, previous, word);
    }

    function wrongNewModel(bytes calldata row, bytes32 word) external pure brutalized returns (bool) {
        return Disproof.wrongNewModel(row, word);
    }

    function revealIndex(bytes calldata medians, uint256 slot) external pure brutalized returns (uint256) {
        return Disproof.revealIndex(medians, slot);
    }

    function scaledLane(bytes calldata row, bytes calldata medians, uint256 lane)
        external
        pure
        brutalized
        returns (uint256[] memory x, uint256[] memory scores)
    {
        return Disproof.scaledLane(row, medians, lane);
    }

    function rewardLeaf(address operator, uint256 cumulative) external pure brutalized returns (bytes32) {
        return Disproof.rewardLeaf(operator, cumulative);
    }

    function earned(uint256[3] calldata pools, bytes[] calldata vectors, uint256[] calldata own, bytes calldata medians)
        external
        pure
        brutalized
        returns (uint256)
    {
        return Disproof.earned(pools, vectors, own, medians);
    }

    function beyondClip(bytes32 word, uint256 lane, uint256 clip) external pure brutalized returns (bool) {
        return Disproof.beyondClip(word, lane, clip);
    }
}
