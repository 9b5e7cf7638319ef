// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Trees} from "../utils/Trees.sol";

/// @title RewardTree
/// @notice A reward tree (P-12) made the long way, in plain Solidity, to hold the contracts against.
library RewardTree {
    /// @notice `keccak256(0x01 ‖ operator ‖ cumulative)`.
    function leaf(address operator, uint128 cumulative) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), operator, cumulative));
    }

    /// @notice Root of the leaves, the rest zero, in a tree of depth `levels`.
    function root(bytes32[] memory leaves, uint256 levels) internal pure returns (bytes32) {
        return level(leaves, levels, levels)[0];
    }

    /// @notice Siblings of `index` from the leaf upwards.
    function proof(bytes32[] memory leaves, uint256 levels, uint256 index)
        internal
        pure
        returns (bytes32[] memory path)
    {
        path = new bytes32[](levels);
        for (uint256 height; height < levels; ++height) {
            path[height] = level(leaves, levels, height)[(index >> height) ^ 1];
        }
    }

    /// @notice All nodes `height` above the leaves.
    function level(bytes32[] memory leaves, uint256 levels, uint256 height)
        internal
        pure
        returns (bytes32[] memory nodes)
    {
        nodes = new bytes32[](1 << levels);
        for (uint256 i; i < leaves.length; ++i) {
            nodes[i] = leaves[i];
        }
        return Trees.levelOf(nodes, levels - height);
    }
}
