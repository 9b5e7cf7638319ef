// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {WordTree} from "../../contracts/libraries/WordTree.sol";
import {NumericsHarness} from "./NumericsHarness.sol";
import {Test} from "forge-std/Test.sol";

/// @title WordTreeTest
/// @notice Merkle trees of fixed depth (P-3, P-12): every leaf proves itself, nothing else does.
contract WordTreeTest is Test {
    NumericsHarness internal harness = new NumericsHarness();

    /*//////////////////////////////////////////////////////////////////////////
                                        SHAPE
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-3: eight parameters to a word, at least two words.
    function testFuzz_WordsFor(uint256 params) external view {
        params = bound(params, 0, type(uint256).max / 2);
        uint256 words = harness.wordsFor(params);
        assertGe(words * 8, params);
        assertGe(words, 2);
        if (words > 2) assertLt((words - 1) * 8, params);
    }

    function test_WordsFor_Edges() external view {
        assertEq(harness.wordsFor(0), 2);
        assertEq(harness.wordsFor(1), 2);
        assertEq(harness.wordsFor(16), 2);
        assertEq(harness.wordsFor(17), 3);
        assertEq(harness.wordsFor(24), 3);
        assertEq(harness.wordsFor(25), 4);
    }

    /// @dev P-3: `2^(D-1) < words <= 2^D`.
    function testFuzz_Depth(uint256 words, uint8 shift) external view {
        words = bound(words >> shift, 2, type(uint256).max);
        uint256 levels = harness.depth(words);
        if (levels < 256) assertLe(words, uint256(1) << levels);
        assertGt(words, uint256(1) << (levels - 1));
    }

    function test_Depth_AroundEveryPowerOfTwo() external view {
        for (uint256 levels = 1; levels < 255; ++levels) {
            assertEq(harness.depth(uint256(1) << levels), levels);
            assertEq(harness.depth((uint256(1) << levels) + 1), levels + 1);
        }
    }

    function testFuzz_RevertWhen_DepthOfTooFewWords(uint256 words) external {
        words = bound(words, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(WordTree.WordTree_TooFewWords.selector, words));
        harness.depth(words);
    }

    function test_ZIsEightZeroParameters() external pure {
        for (uint256 i; i < 8; ++i) {
            assertEq(uint32(uint256(WordTree.Z) >> (32 * i)), 1 << 31);
        }
    }

    /*//////////////////////////////////////////////////////////////////////////
                                        PROOFS
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-3: every leaf of a tree leads to its root, the lowest bit of its index being its side at leaf level.
    function testFuzz_RootFrom_EveryLeaf(bytes32 seed, uint256 levels) external view {
        levels = bound(levels, 1, 6);
        bytes32[][] memory tree = _tree(seed, levels);
        for (uint256 index; index < 1 << levels; ++index) {
            bytes32[] memory path = _path(tree, index);
            assertEq(harness.rootFrom(tree[levels][index], index, path), tree[0][0]);
            assertTrue(harness.verify(tree[0][0], tree[levels][index], index, path, levels));
        }
    }

    /// @dev F-44: a node is no leaf where the depth is fixed.
    function testFuzz_Verify_RefusesNodeAsLeaf(bytes32 seed, uint256 index) external view {
        bytes32[][] memory tree = _tree(seed, 4);
        index = bound(index, 0, 7);
        bytes32[] memory path = _path(tree, index << 1);
        bytes32[] memory shorter = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            shorter[i] = path[i + 1];
        }
        assertEq(harness.rootFrom(tree[3][index], index, shorter), tree[0][0]);
        assertFalse(harness.verify(tree[0][0], tree[3][index], index, shorter, 4));
    }

    function testFuzz_RootFrom_ZeroWhereIndexDoesNotFit(bytes32 leaf, bytes32[] calldata path, uint256 index)
        external
        view
    {
        vm.assume(path.length < 200);
        index = bound(index, uint256(1) << path.length, type(uint256).max);
        assertEq(harness.rootFrom(leaf, index, path), bytes32(0));
    }

    /// @dev F-43: a zero root, which a bad index leads to, holds nothing.
    function testFuzz_Verify_RefusesZeroRoot(bytes32 leaf, bytes32[] calldata path) external view {
        vm.assume(path.length < 200);
        assertFalse(harness.verify(bytes32(0), leaf, uint256(1) << path.length, path, path.length));
        assertFalse(harness.verify(bytes32(0), bytes32(0), 0, new bytes32[](0), 0));
    }

    function testFuzz_Verify_RefusesWhatWasAltered(bytes32 seed, uint256 index, uint256 what, uint8 bit) external view {
        bytes32[][] memory tree = _tree(seed, 5);
        index = bound(index, 0, 31);
        what = bound(what, 0, 6);
        bytes32[] memory path = _path(tree, index);
        bytes32 leaf = tree[5][index];
        bytes32 flip = bytes32(uint256(1) << bit);
        if (what < 5) path[what] ^= flip;
        else if (what == 5) leaf ^= flip;
        else index ^= 1 << (bit % 5);
        assertFalse(harness.verify(tree[0][0], leaf, index, path, 5));
    }

    /*//////////////////////////////////////////////////////////////////////////
                                        FOLDING
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev P-22: a full run of descendants hashes to the node above it.
    function testFuzz_FoldWords(bytes32 seed, uint256 levels) external view {
        levels = bound(levels, 0, 8);
        bytes32[][] memory tree = _tree(seed, levels);
        assertEq(harness.foldWords(abi.encodePacked(tree[levels])), tree[0][0]);
    }

    function testFuzz_RevertWhen_FoldIsNoPowerOfTwo(uint256 length) external {
        length = bound(length, 0, 16_416);
        if (length >= 32 && length <= 8192 && length & (length - 1) == 0) ++length;
        vm.expectRevert(abi.encodeWithSelector(WordTree.WordTree_BadFold.selector, length));
        harness.foldWords(new bytes(length));
    }

    function test_RevertWhen_FoldIsTooLong() external {
        vm.expectRevert(abi.encodeWithSelector(WordTree.WordTree_BadFold.selector, 16_384));
        harness.foldWords(new bytes(16_384));
    }

    function testFuzz_UniformRoot(bytes32 leaf, uint256 levels) external view {
        levels = bound(levels, 0, 8);
        bytes memory leaves;
        for (uint256 i; i < 1 << levels; ++i) {
            leaves = bytes.concat(leaves, leaf);
        }
        assertEq(harness.uniformRoot(leaf, levels), harness.foldWords(leaves));
    }

    /*//////////////////////////////////////////////////////////////////////////
                                        LEAVES
    //////////////////////////////////////////////////////////////////////////*/

    function testFuzz_RowLeaf(bytes calldata row) external view {
        assertEq(harness.rowLeaf(row), keccak256(abi.encodePacked(bytes1(0x00), row)));
    }

    /// @dev P-12: 37 bytes; upper bits beyond an address or a uint128 do not matter.
    function testFuzz_RewardLeaf(uint256 operator, uint256 cumulative) external view {
        bytes memory packed = abi.encodePacked(bytes1(0x01), address(uint160(operator)), uint128(cumulative));
        assertEq(packed.length, 37);
        assertEq(harness.rewardLeaf(operator, cumulative), keccak256(packed));
    }

    /// @dev F-44: the domains of rows, rewards and nodes are apart.
    function testFuzz_LeavesOfOtherDomainsDiffer(bytes32 left, bytes32 right) external view {
        bytes32 node = keccak256(abi.encodePacked(left, right));
        assertNotEq(harness.rowLeaf(abi.encodePacked(left, right)), node);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                        HELPERS
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev All levels of a tree over random leaves, the root's first.
    function _tree(bytes32 seed, uint256 levels) internal pure returns (bytes32[][] memory tree) {
        tree = new bytes32[][](levels + 1);
        for (uint256 level = levels + 1; level > 0; --level) {
            bytes32[] memory nodes = new bytes32[](1 << (level - 1));
            for (uint256 i; i < nodes.length; ++i) {
                nodes[i] = level > levels
                    ? keccak256(abi.encode(seed, i))
                    : keccak256(abi.encodePacked(tree[level][2 * i], tree[level][2 * i + 1]));
            }
            tree[level - 1] = nodes;
        }
    }

    /// @dev The siblings of a leaf, from the leaf upwards.
    function _path(bytes32[][] memory tree, uint256 index) internal pure returns (bytes32[] memory path) {
        uint256 levels = tree.length - 1;
        path = new bytes32[](levels);
        for (uint256 i; i < levels; ++i) {
            path[i] = tree[levels - i][(index >> i) ^ 1];
        }
    }
}
