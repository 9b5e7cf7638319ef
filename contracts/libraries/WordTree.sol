// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title WordTree
/// @notice Merkle trees of fixed depth over 32-byte words, over rows and over rewards (P-3, P-12).
/// @dev The leaves of a vector's tree are the words themselves and `node = keccak256(left ‖ right)`. Nothing tells a
/// leaf from a node but the depth, so every caller must compare `path.length` with the depth it expects; {verify} does
/// both. Paths run from the leaf upwards: `path[0]` is the sibling of the leaf, and the lowest bit of the leaf's index
/// says on which side the leaf stands. The mirror of this library is `parley.numerics.word_tree`.
library WordTree {
    /// @notice The word of eight zero parameters: q = 0 is 2^31 in each 32-bit lane (P-1). It pads every word tree.
    bytes32 internal constant Z = 0x8000000080000000800000008000000080000000800000008000000080000000;

    /// @notice The most nodes that {foldWords} takes: eight levels of a tree (P-22).
    uint256 internal constant MAX_FOLD = 256;

    /// @notice Thrown by {depth} when a tree of fewer than two words is asked for.
    /// @param words The number of words.
    error WordTree_TooFewWords(uint256 words);

    /// @notice Thrown by {foldWords} when the nodes are not a power of two of 32-byte hashes, at most {MAX_FOLD}.
    /// @param length The length of the nodes, in bytes.
    error WordTree_BadFold(uint256 length);

    /// @notice The number of words that hold `params` parameters: eight to a word, at least two words.
    /// @param params The number of parameters, below 2^255.
    /// @return words `max(2, ceil(params / 8))`.
    function wordsFor(uint256 params) internal pure returns (uint256 words) {
        unchecked {
            words = (params >> 3) + (params & 7 == 0 ? 0 : 1);
        }
        if (words < 2) words = 2;
    }

    /// @notice The fixed depth of a tree over `words` leaves, `ceil(log2(words))`; reverts below two words.
    /// @param words The number of leaves, at least 2.
    /// @return levels The depth: a leaf's path has that many siblings.
    function depth(uint256 words) internal pure returns (uint256 levels) {
        if (words < 2) revert WordTree_TooFewWords(words);
        assembly ("memory-safe") {
            // ceil(log2(w)) is the number of significant bits of w - 1; halve the distance from 128 bits down to 1
            let x := sub(words, 1)
            for { let step := 128 } step { step := shr(1, step) } {
                let s := mul(step, iszero(iszero(shr(step, x))))
                levels := add(levels, s)
                x := shr(s, x)
            }
            levels := add(levels, 1)
        }
    }

    /// @notice The root that `leaf` at `index` and its siblings lead to.
    /// @dev Warning: the depth is that of `path`; compare its length with the depth expected, or use {verify}.
    /// @param leaf The leaf: a word, or the hash of {rowLeaf} or {rewardLeaf}.
    /// @param index The leaf's index from the left.
    /// @param path The siblings, from the leaf upwards.
    /// @return root The root, or zero if `index` does not fit a tree of that depth.
    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata path) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            root := leaf
            let sibling := path.offset
            for { let end := add(sibling, shl(5, path.length)) } lt(sibling, end) { sibling := add(sibling, 0x20) } {
                let side := shl(5, and(index, 1))
                mstore(side, root)
                mstore(xor(side, 0x20), calldataload(sibling))
                root := keccak256(0x00, 0x40)
                index := shr(1, index)
            }
            if index { root := 0 }
        }
    }

    /// @notice Whether `leaf` stands at `index` of the tree of depth `levels` under `root`.
    /// @param root The root; a zero root holds no leaf.
    /// @param leaf The leaf.
    /// @param index The leaf's index from the left.
    /// @param path The siblings, from the leaf upwards.
    /// @param levels The fixed depth of the tree.
    /// @return True only if the path has exactly `levels` siblings and leads to `root`.
    function verify(bytes32 root, bytes32 leaf, uint256 index, bytes32[] calldata path, uint256 levels)
        internal
        pure
        returns (bool)
    {
        return path.length == levels && root != 0 && rootFrom(leaf, index, path) == root;
    }

    /// @notice The node above a full run of descendants, all of one level (P-22).
    /// @param nodes The descendants from the left, 32 bytes each: a power of two of them, at most {MAX_FOLD}.
    /// @return node The node they hash up to; a single descendant is its own node.
    function foldWords(bytes calldata nodes) internal pure returns (bytes32 node) {
        uint256 length = nodes.length;
        // a power of two from 32 to 8192 bytes is a power of two of hashes
        if (length < 32 || length > MAX_FOLD * 32 || length & (length - 1) != 0) revert WordTree_BadFold(length);
        assembly ("memory-safe") {
            let base := mload(0x40)
            calldatacopy(base, nodes.offset, length)
            for {} gt(length, 0x20) { length := shr(1, length) } {
                let to := base
                let end := add(base, length)
                for { let from := base } lt(from, end) { from := add(from, 0x40) } {
                    mstore(to, keccak256(from, 0x40))
                    to := add(to, 0x20)
                }
            }
            node := mload(base)
        }
    }

    /// @notice The root of a tree whose leaves are all the same, such as the padding of a word tree or empty rewards.
    /// @param leaf The leaf.
    /// @param levels The depth of the tree.
    /// @return root The root; the leaf itself at depth zero.
    function uniformRoot(bytes32 leaf, uint256 levels) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            root := leaf
            for {} levels { levels := sub(levels, 1) } {
                mstore(0x00, root)
                mstore(0x20, root)
                root := keccak256(0x00, 0x40)
            }
        }
    }

    /// @notice The leaf of a row: `keccak256(0x00 ‖ row)`.
    /// @param row Word j of every included update, then of the previous, the old and the new model.
    /// @return leaf The leaf of the row tree.
    function rowLeaf(bytes calldata row) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            let message := mload(0x40)
            mstore8(message, 0)
            calldatacopy(add(message, 1), row.offset, row.length)
            leaf := keccak256(message, add(row.length, 1))
        }
    }

    /// @notice The leaf of a member's rewards: `keccak256(0x01 ‖ operator ‖ cumulative)`, 37 bytes (P-12).
    /// @dev A member that has earned nothing yet has the leaf zero instead; the caller decides that.
    /// @param operator The operator who may claim.
    /// @param cumulative All it ever earned in the federation, in units of the token's decimals.
    /// @return leaf The leaf of the reward tree.
    function rewardLeaf(address operator, uint128 cumulative) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            // byte 0: 0x01; bytes 1-20: operator; bytes 21-36: cumulative; both shifts drop dirty upper bits
            mstore(0x00, or(shl(248, 1), shr(8, shl(96, operator))))
            mstore(0x15, shl(128, cumulative))
            leaf := keccak256(0x00, 0x25)
        }
    }
}
