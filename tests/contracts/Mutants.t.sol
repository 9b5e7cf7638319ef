// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes, Node, RewardProof, Tree} from "../../contracts/interfaces/IDisputes.sol";
import {Header, Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {DisproofHarness} from "./utils/DisproofHarness.sol";
import {DisputesBase, Work} from "./utils/DisputesBase.sol";
import {Trees} from "./utils/Trees.sol";

/// @title MutantsTest
/// @notice Properties that a re-injected bug of `scripts/mutants` broke while every other test passed.
contract MutantsTest is DisputesBase {
    address internal aggregator;

    function setUp() public {
        setUpDispute(Rule.Mean);
        aggregator = aggregatorOf(0);
    }

    /// @dev P-11, P-12: a scale without a score includes nobody, so it takes no slot of a row.
    function test_P11_ScaleAloneIncludesNobody() external {
        DisproofHarness disproof = DisproofHarness(deployCode("DisproofHarness.sol:DisproofHarness"));
        assertEq(disproof.revealIndex(hex"0000FFFF00010000", 0), 1);
    }

    /// @dev Section 7: a row that is cut within a word is none, even if it ends with the right one.
    function test_RowOfBrokenWordsIsWrong() external {
        DisproofHarness disproof = DisproofHarness(deployCode("DisproofHarness.sol:DisproofHarness"));
        bytes memory row = bytes.concat(new bytes(100), bytes32(uint256(7)));
        assertTrue(disproof.wrongNewModel(row, bytes32(uint256(7))));
        assertFalse(disproof.wrongNewModel(bytes.concat(new bytes(64), bytes32(uint256(7))), bytes32(uint256(7))));
    }

    /// @dev P-3, F-44: the node above word 0 has a shorter path and the same index; it is no word of the update.
    function test_P3_InnerNodeIsNoWord() external {
        Work memory w = honest(aggregator);
        Header memory h = post(aggregator, w);
        bytes32[] memory words = wordsOf("update", trainers[0], current());
        bytes32 node = Trees.node(words, DEPTH - 1, 0);
        bytes32[] memory nodePath = Trees.path(words, DEPTH - 1, 0);
        bytes32[] memory path = Trees.path(rowLeaves(w), 0);
        bytes memory data =
            abi.encodeCall(court.disproveUpdate, (fid, h, w.medians, w.rows[0], 0, path, 0, node, nodePath));
        assertRefused(data, IDisputes.Disputes_NotUnderRoot.selector);
    }

    /// @dev P-11, P-25: a norm below the settled one is as wrong as one above.
    function test_P25_NormTooSmallConvicts() external {
        Work memory w = honest(aggregator);
        w.norm -= 1;
        Header memory h = post(aggregator, w);
        assertConvicts(h, medianCall(h, w, trainers.length));
    }

    /// @dev P-12, F-35: whoever earned before cannot be said to have earned nothing, which would make its right leaf wrong.
    function test_P12_PastCannotBeDenied() external {
        Work memory w = honest(aggregator);
        Header memory h = post(aggregator, w);
        RewardProof memory proof = rewardProof(w, 1);
        assertGt(proof.previous, 0);
        proof.previous = 0;
        bytes memory data = abi.encodeCall(court.disproveReward, (fid, h, w.medians, w.vectors, proof));
        assertRefused(data, IDisputes.Disputes_NotUnderRoot.selector);
    }

    /// @dev P-12, F-13: a seat that revealed in an earlier round and not in this one keeps what it had, and not more.
    function test_P12_SilentEvaluatorKeepsItsPast() external {
        _finalise();
        trainAll();
        address silent = _scoreWithoutTheFirst();
        aggregator = aggregatorOf(0);
        Work memory w = honest(aggregator);
        uint256 m = indexOf(silent);
        assertEq(w.cumulative[m], previously(m));
        uint256 state = vm.snapshotState();
        Header memory h = post(aggregator, w);
        assertRefused(rewardCall(h, w, m), IDisputes.Disputes_NothingWrong.selector);
        vm.revertToState(state);
        w.rewards[m] = leafOf(m, w.cumulative[m] + 1);
        h = post(aggregator, w);
        assertConvicts(h, rewardCall(h, w, m));
    }

    /// @dev The round is final, and the next one open.
    function _finalise() internal {
        Work memory w = honest(aggregator);
        Header memory h = post(aggregator, w);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, h);
        previousModel = oldModel;
        oldModel = w.next;
        earnedBefore = w.cumulative;
        vm.roll(vm.getBlockNumber() + 3);
        vm.warp(vm.getBlockTimestamp() + 3);
        coordinator.captureSeed(fid);
    }

    /// @dev All evaluators commit, all but the first reveal; it is no longer among them.
    function _scoreWithoutTheFirst() internal returns (address silent) {
        openValidation();
        tick();
        for (uint256 i; i < evaluators.length; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        silent = evaluators[0];
        for (uint256 i = 1; i < evaluators.length; ++i) {
            revealScores(evaluators[i]);
            evaluators[i - 1] = evaluators[i];
        }
        evaluators.pop();
        vm.warp(lens.roundOf(fid).scoreRevealEnd);
    }

    /// @dev P-16: a commitment is worth one reward.
    function test_P16_CommitmentIsSpentByItsProof() external {
        Work memory w = honest(aggregator);
        w.norm += 1;
        Header memory h = post(aggregator, w);
        bytes memory data = medianCall(h, w, trainers.length);
        bytes32 commitment =
            keccak256(abi.encode(hashOf(h), court.disproveMedian.selector, keccak256(_argumentsOf(data)), prover));
        assertConvicts(h, data);
        (uint256 time, uint256 blockNumber) = court.committedAt(prover, commitment);
        assertEq(time, 0);
        assertEq(blockNumber, 0);
    }

    /// @dev P-17: once its settlement is final, an aggregator's bond is free again.
    function test_P17_BondIsFreeOnceFinal() external {
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), aggregator);
        Header memory h = post(aggregator, honest(aggregator));
        (, uint256 bonded) = stakeVault.accountOf(address(token), aggregator);
        assertEq(bonded, locked + federationRegistry.policyOf(fid, 1).bond);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, h);
        (uint256 freeAfter, uint256 lockedAfter) = stakeVault.accountOf(address(token), aggregator);
        assertEq(freeAfter, free);
        assertEq(lockedAfter, locked);
    }

    /// @dev P-22: demands on a convicted settlement do not hold up the next one.
    function test_P22_ConvictionClearsOpenDemands() external {
        Work memory w = honest(aggregator);
        w.norm += 1;
        Header memory h = post(aggregator, w);
        vm.deal(prover, 1 ether);
        vm.prank(prover);
        court.demand{value: 1 ether}(fid, h, "", Node(Tree.Model, 0, 0, 0), h.modelRoot, new bytes32[](0));
        assertConvicts(h, medianCall(h, w, trainers.length));
        address second = aggregatorOf(1);
        h = post(second, honest(second));
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, h);
        assertEq(lens.roundOf(fid).round, 3, "final");
    }

    /// @dev P-22, F-5: who was paid is owed nothing more, though others' fees are still here.
    function test_P22_PayingTwiceTakesNobodyElsesFee() external {
        Header memory h = post(aggregator, honest(aggregator));
        bytes32 settlement = hashOf(h);
        address[2] memory demanders = [makeAddr("first"), makeAddr("second")];
        Node[2] memory nodes = [Node(Tree.Model, 0, 0, 0), Node(Tree.Reward, 0, 0, 0)];
        for (uint256 i; i < 2; ++i) {
            vm.deal(demanders[i], FEE_FLOOR);
            vm.prank(demanders[i]);
            bytes32 root = i == 0 ? h.modelRoot : h.rewardRoot;
            court.demand{value: FEE_FLOOR}(fid, h, "", nodes[i], root, new bytes32[](0));
        }
        vm.warp(vm.getBlockTimestamp() + 6);
        court.expire(fid, h, nodes[0]);
        court.release(fid, settlement, nodes[0]);
        court.release(fid, settlement, nodes[1]);
        court.pay(demanders[0]);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_NothingToPay.selector, demanders[0]));
        court.pay(demanders[0]);
        assertEq(address(court).balance, FEE_FLOOR, "the other's");
        court.pay(demanders[1]);
        assertEq(demanders[1].balance, FEE_FLOOR);
    }

    function _argumentsOf(bytes memory data) internal pure returns (bytes memory arguments) {
        arguments = new bytes(data.length - 4);
        for (uint256 i; i < arguments.length; ++i) {
            arguments[i] = data[i + 4];
        }
    }
}
