// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Trees
/// @notice Whole Merkle trees in memory, level by level, as a prover has them (P-3). Level 0 is the root; the number of leaves
/// is a power of two, at least two.
library Trees {
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return node(leaves, 0, 0);
    }

    /// @dev Of the tree over `leaves`.
    function node(bytes32[] memory leaves, uint256 level, uint256 index) internal pure returns (bytes32) {
        return levelOf(leaves, level)[index];
    }

    /// @notice Siblings of a leaf, upwards.
    function path(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory) {
        return path(leaves, depth(leaves), index);
    }

    /// @notice Siblings of a node, upwards.
    function path(bytes32[] memory leaves, uint256 level, uint256 index)
        internal
        pure
        returns (bytes32[] memory siblings)
    {
        siblings = new bytes32[](level);
        for (uint256 i; i < level; ++i) {
            siblings[i] = node(leaves, level - i, (index >> i) ^ 1);
        }
    }

    /// @notice The descendants of a node `down` levels below it, from the left.
    function below(bytes32[] memory leaves, uint256 level, uint256 index, uint256 down)
        internal
        pure
        returns (bytes memory nodes)
    {
        bytes32[] memory row = levelOf(leaves, level + down);
        for (uint256 i; i < 1 << down; ++i) {
            nodes = bytes.concat(nodes, row[(index << down) + i]);
        }
    }

    function levelOf(bytes32[] memory leaves, uint256 level) internal pure returns (bytes32[] memory nodes) {
        nodes = leaves;
        for (uint256 n = depth(leaves); n > level; --n) {
            bytes32[] memory above = new bytes32[](nodes.length / 2);
            for (uint256 i; i < above.length; ++i) {
                above[i] = keccak256(abi.encode(nodes[2 * i], nodes[2 * i + 1]));
            }
            nodes = above;
        }
    }

    function depth(bytes32[] memory leaves) internal pure returns (uint256 levels) {
        while (1 << levels < leaves.length) ++levels;
    }
}
