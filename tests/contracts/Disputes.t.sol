// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Disputes} from "../../contracts/Disputes.sol";
import {IDisputes, RewardProof} from "../../contracts/interfaces/IDisputes.sol";
import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {Header, Phase, Rule, Settlement} from "../../contracts/interfaces/ParleyTypes.sol";
import {Disproof} from "../../contracts/libraries/Disproof.sol";
import {WordTree} from "../../contracts/libraries/WordTree.sol";
import {DisputesBase, Work} from "./utils/DisputesBase.sol";
import {RowCases} from "./utils/RowCases.sol";
import {Trees} from "./utils/Trees.sol";

/// @title DisputesTest
/// @notice Every disproof against a right settlement, which it must not touch, and a wrong one, which it must convict.
contract DisputesTest is DisputesBase {
    bytes4 internal constant RIGHT = IDisputes.Disputes_NothingWrong.selector;
    bytes4 internal constant NOT_UNDER = IDisputes.Disputes_NotUnderRoot.selector;

    address internal aggregator;
    Work internal right;

    function setUp() public {
        _setUp(Rule.TrimmedMean);
    }

    function _setUp(Rule rule_) internal {
        setUpDispute(rule_);
        aggregator = aggregatorOf(0);
        right = honest(aggregator);
    }

    /* ------------------------------------------ WIRING -------------------------------------------- */

    function test_RevertWhen_DeployedForAnotherCoordinator() external {
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_Miswired.selector, address(coordinator)));
        new Disputes(coordinator, FEE_FLOOR);
    }

    function test_Wiring() external view {
        assertEq(address(court.coordinator()), address(coordinator));
        assertEq(address(court.federationRegistry()), address(federationRegistry));
        assertEq(address(court.rewardVault()), address(rewardVault));
        assertEq(coordinator.disputes(), address(court));
    }

    function test_RevertWhen_AnybodyElseConvictsPostponesOrSlashes() external {
        Header memory h = post(aggregator, right);
        bytes memory refusal =
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Unauthorised.selector, address(this));
        vm.expectRevert(refusal);
        coordinator.convict(fid, h, address(this));
        vm.expectRevert(refusal);
        coordinator.postpone(fid, block.timestamp + 100, true);
        vm.expectRevert(refusal);
        coordinator.slashMember(fid, trainers[0], 1, address(this));
    }

    /* ------------------------------------------- SOUND -------------------------------------------- */

    /// @dev F-35: no row of a right settlement is wrong, in no lane, word, update or model; so is no median, leaf or sum.
    function test_RightSettlementCannotBeDisproved() external {
        for (uint8 r; r < 4; ++r) {
            _setUp(Rule(r));
            _refuseEverything();
        }
    }

    function _refuseEverything() internal {
        Header memory h = post(aggregator, right);
        Work memory w = right;
        for (uint256 j; j < 1 << DEPTH; ++j) {
            for (uint256 lane; lane < 8; ++lane) {
                assertRefused(arithmeticCall(h, w, j, lane), RIGHT);
            }
            assertRefused(newModelCall(h, w, w.next, j), RIGHT);
            if (j >= WORDS) continue;
            assertRefused(oldModelCall(h, w, j, false), RIGHT);
            assertRefused(oldModelCall(h, w, j, true), RIGHT);
            uint256 slot;
            for (uint256 i; i < trainers.length; ++i) {
                if (i != UNFIT) assertRefused(updateCall(h, w, j, slot++, i), RIGHT);
            }
        }
        for (uint256 i; i <= trainers.length; ++i) {
            assertRefused(medianCall(h, w, i), RIGHT);
        }
        for (uint256 m; m < 1 << REWARD_DEPTH; ++m) {
            assertRefused(rewardCall(h, w, m), RIGHT);
        }
        assertRefused(earnedCall(h, w), RIGHT);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, h);
    }

    /* ----------------------------------------- ARITHMETIC ----------------------------------------- */

    function test_Arithmetic_WrongNewWordUnderEveryRule() external {
        for (uint8 r; r < 4; ++r) {
            _setUp(Rule(r));
            _convictNewWord();
        }
    }

    function _convictNewWord() internal {
        Work memory w = right;
        w.next[1] = bytes32(uint256(w.next[1]) ^ 1 << 64); // lane 5
        refreshRows(w);
        Header memory h = post(aggregator, w);
        assertRefused(newModelCall(h, w, w.next, 1), RIGHT);
        assertRefused(arithmeticCall(h, w, 1, 4), RIGHT);
        assertConvicts(h, arithmeticCall(h, w, 1, 5));
    }

    function test_Arithmetic_WrongLengths() external {
        Work memory w = right;
        bytes memory row = w.rows[3];
        uint256[6] memory lengths = [uint256(0), 1, 32, row.length - 32, row.length - 1, row.length + 32];
        for (uint256 i; i < lengths.length; ++i) {
            uint256 state = vm.snapshotState();
            w.rows[3] = new bytes(lengths[i]);
            Header memory h = post(aggregator, w);
            bytes memory data = abi.encodeCall(
                court.disproveArithmetic,
                (fid, h, w.medians, w.rows[3], 3, Trees.path(rowLeaves(w), 3), 0, uint256(0), uint256(0))
            );
            assertConvicts(h, data);
            vm.revertToState(state);
        }
    }

    /// @dev Section 7: rows beyond the model are all zero parameters, in every word.
    function test_Arithmetic_WrongPaddingRows() external {
        Work memory w = right;
        for (uint256 i; i < w.included.length + 3; ++i) {
            uint256 state = vm.snapshotState();
            uint256 j = WORDS + i % 2;
            bytes memory row = w.rows[j];
            w.rows[j] = bytes.concat(row);
            w.rows[j][32 * i + 31] = 0x01;
            Header memory h = post(aggregator, w);
            assertConvicts(h, arithmeticCall(h, w, j, 0));
            vm.revertToState(state);
            w.rows[j] = row;
        }
    }

    function test_Arithmetic_RevertWhen_RowOrMediansAreOthers() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        bytes32[] memory path = Trees.path(rowLeaves(w), 2);
        bytes memory row = bytes.concat(w.rows[2]);
        row[0] ^= 0x01;
        bytes memory data = abi.encodeCall(court.disproveArithmetic, (fid, h, w.medians, row, 2, path, 0, 0, 0));
        assertRefused(data, NOT_UNDER);
        data = abi.encodeCall(court.disproveArithmetic, (fid, h, w.medians, w.rows[2], 3, path, 0, 0, 0));
        assertRefused(data, NOT_UNDER);
        data = abi.encodeCall(court.disproveArithmetic, (fid, h, w.medians, w.rows[2], 2 + 8, path, 0, 0, 0));
        assertRefused(data, NOT_UNDER);
        bytes memory medians = bytes.concat(w.medians);
        medians[3] ^= 0x01;
        data = abi.encodeCall(court.disproveArithmetic, (fid, h, medians, w.rows[2], 2, path, 0, 0, 0));
        assertRefused(data, IDisputes.Disputes_MediansMismatch.selector);
    }

    /// @dev F-44: an inner node is no leaf, for the path has another length then.
    function test_Arithmetic_RevertWhen_NodeIsShownAsRow() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        bytes32[] memory leaves = rowLeaves(w);
        bytes memory node = abi.encodePacked(leaves[0], leaves[1]);
        bytes32[] memory path = Trees.path(leaves, DEPTH - 1, 0);
        bytes memory data = abi.encodeCall(court.disproveArithmetic, (fid, h, w.medians, node, 0, path, 0, 0, 0));
        assertRefused(data, NOT_UNDER);
    }

    /// @dev P-15: a witness of another rank is refused.
    function test_Arithmetic_RevertWhen_WitnessIsForged() external {
        Work memory w = right;
        w.next[0] = bytes32(uint256(w.next[0]) ^ 1);
        refreshRows(w);
        Header memory h = post(aggregator, w);
        (uint256 lo, uint256 hi) = witnessesOf(w, 0, 7);
        bytes32[] memory path = Trees.path(rowLeaves(w), 0);
        bytes memory data =
            abi.encodeCall(court.disproveArithmetic, (fid, h, w.medians, w.rows[0], 0, path, 7, lo + 1, hi));
        assertRefused(data, Disproof.Disproof_WitnessInvalid.selector);
        assertConvicts(h, arithmeticCall(h, w, 0, 7));
    }

    /* ------------------------------------------- WORDS -------------------------------------------- */

    function test_Update_WrongWord() external {
        Work memory w = right;
        w.included[3][4] = bytes32(uint256(w.included[3][4]) ^ 1 << 200);
        refreshRows(w);
        Header memory h = post(aggregator, w);
        assertRefused(updateCall(h, w, 4, 2, 3), RIGHT);
        assertConvicts(h, updateCall(h, w, 4, 3, 4)); // slot 3 is update 4: update 2 is left out
    }

    /// @dev Two updates in each other's slot: the mean does not notice, the roots do.
    function test_Update_SwappedSlots() external {
        Work memory w = right;
        (w.included[0], w.included[1]) = (w.included[1], w.included[0]);
        refreshRows(w);
        Header memory h = post(aggregator, w);
        assertConvicts(h, updateCall(h, w, 0, 0, 0));
    }

    function test_Update_RevertWhen_WordIsAnothersOrBeyond() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        assertRefused(updateCall(h, w, 0, 2, 2), NOT_UNDER); // update 2 is left out
        assertRefused(updateCall(h, w, WORDS, 0, 0), IDisputes.Disputes_IndexTooLarge.selector);
        assertRefused(updateCall(h, w, 0, 5, 5), Disproof.Disproof_NoSuchSlot.selector);
    }

    function test_OldModel_WrongWords() external {
        for (uint256 i; i < 2; ++i) {
            uint256 state = vm.snapshotState();
            Work memory w = right;
            bytes32[] memory words = i == 0 ? w.old : w.previous;
            words[5] = bytes32(uint256(words[5]) ^ 1 << 255);
            refreshRows(w);
            Header memory h = post(aggregator, w);
            assertRefused(oldModelCall(h, w, 5, i == 0), RIGHT);
            assertConvicts(h, oldModelCall(h, w, 5, i == 1));
            vm.revertToState(state);
        }
    }

    function test_OldModel_RevertWhen_WordIsBeyondTheModel() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        assertRefused(oldModelCall(h, w, WORDS, false), IDisputes.Disputes_IndexTooLarge.selector);
    }

    /// @dev F-20: the rows are right, the posted model is another: in any word, also beyond the model.
    function test_NewModel_WrongWords() external {
        for (uint256 j; j < 1 << DEPTH; ++j) {
            uint256 state = vm.snapshotState();
            Work memory w = right;
            w.next[j] = bytes32(uint256(w.next[j]) ^ 1 << 3);
            Header memory h = post(aggregator, w);
            assertRefused(arithmeticCall(h, w, j, 7), RIGHT);
            assertConvicts(h, newModelCall(h, w, w.next, j));
            vm.revertToState(state);
        }
    }

    function test_Models_MisshapenRowConvicts() external {
        Work memory w = right;
        w.rows[1] = new bytes(95);
        Header memory h = post(aggregator, w);
        uint256 state = vm.snapshotState();
        assertConvicts(h, oldModelCall(h, w, 1, true));
        vm.revertToState(state);
        assertConvicts(h, newModelCall(h, w, w.next, 1));
    }

    /* ------------------------------------------- SCORES ------------------------------------------- */

    /// @dev P-11: score, scale and norm, each by itself.
    function test_Median_WrongEntriesAndNorm() external {
        for (uint256 i; i < trainers.length; ++i) {
            for (uint256 b; b < 4; ++b) {
                uint256 state = vm.snapshotState();
                Work memory w = right;
                w.medians[4 * i + b] ^= 0x01;
                Header memory h = post(aggregator, w);
                assertRefused(medianCall(h, w, (i + 1) % trainers.length), RIGHT);
                assertConvicts(h, medianCall(h, w, i));
                vm.revertToState(state);
            }
        }
        Work memory v = right;
        v.norm += 1;
        Header memory header = post(aggregator, v);
        assertConvicts(header, medianCall(header, v, trainers.length));
    }

    /// @dev Section 7: the prover may omit nothing, change nothing and reorder nothing.
    function test_Median_RevertWhen_VectorsAreNotAllThatWereRevealed() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        bytes[] memory all = w.vectors;
        w.vectors = new bytes[](3);
        (w.vectors[0], w.vectors[1], w.vectors[2]) = (all[0], all[1], all[2]);
        assertRefused(medianCall(h, w, 0), IDisputes.Disputes_VectorsMissing.selector);
        w.vectors = new bytes[](5);
        for (uint256 k; k < 5; ++k) {
            w.vectors[k] = all[k % 4];
        }
        assertRefused(medianCall(h, w, 0), IDisputes.Disputes_VectorsMissing.selector);
        w.vectors = new bytes[](4);
        (w.vectors[0], w.vectors[1], w.vectors[2], w.vectors[3]) = (all[1], all[0], all[2], all[3]);
        assertRefused(medianCall(h, w, 0), IDisputes.Disputes_VectorMismatch.selector);
        w.vectors = all;
        w.vectors[3] = bytes.concat(all[3]);
        w.vectors[3][11] ^= 0x01;
        assertRefused(medianCall(h, w, 0), IDisputes.Disputes_VectorMismatch.selector);
        assertRefused(earnedCall(h, w), IDisputes.Disputes_VectorMismatch.selector);
    }

    function test_Median_RevertWhen_IndexIsBeyondTheReveals() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        assertRefused(medianCall(h, w, trainers.length + 1), IDisputes.Disputes_IndexTooLarge.selector);
    }

    /* ------------------------------------------- REWARDS ------------------------------------------ */

    /// @dev P-12, F-31: every leaf, of members with all roles and of indices given to nobody, a wei more or less, of
    /// another operator, emptied or filled.
    function test_Reward_WrongLeaves() external {
        for (uint256 m; m < 1 << REWARD_DEPTH; ++m) {
            for (uint256 kind; kind < 3; ++kind) {
                uint256 state = vm.snapshotState();
                Work memory w = right;
                bool known = m < ledger.length;
                bytes32 leaf = keccak256(abi.encodePacked(bytes1(0x01), aggregator, uint128(7)));
                if (known && kind == 0) leaf = leafOf(m, w.cumulative[m] + 1);
                if (known && kind == 1) leaf = w.cumulative[m] == 0 ? leaf : bytes32(0);
                w.rewards[m] = leaf;
                Header memory h = post(aggregator, w);
                assertConvicts(h, rewardCall(h, w, m));
                vm.revertToState(state);
            }
        }
    }

    function test_Reward_RevertWhen_OperatorOrPastIsAnother() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        RewardProof memory proof = rewardProof(w, 1);
        proof.operator = ledger[0];
        _refuseReward(h, w, proof, NOT_UNDER); // its past is not at this index
        proof = rewardProof(w, UNFIT);
        assertEq(proof.previous, 0, "a member that earned nothing yet");
        proof.operator = ledger[0];
        _refuseReward(h, w, proof, IDisputes.Disputes_WrongOperator.selector);
        proof = rewardProof(w, 1);
        proof.previous += 1;
        _refuseReward(h, w, proof, NOT_UNDER);
        proof = rewardProof(w, 1);
        proof.leaf = leafOf(1, 1);
        _refuseReward(h, w, proof, NOT_UNDER);
        proof = rewardProof(w, 1);
        proof.index = (1 << REWARD_DEPTH) + 1;
        _refuseReward(h, w, proof, NOT_UNDER);
    }

    function _refuseReward(Header memory h, Work memory w, RewardProof memory proof, bytes4 selector) internal {
        assertRefused(abi.encodeCall(court.disproveReward, (fid, h, w.medians, w.vectors, proof)), selector);
    }

    /// @dev Whoever revealed no vector needs none for its leaf; whoever did needs all.
    function test_Reward_VectorsAreNeededOfEvaluatorsOnly() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        w.vectors = new bytes[](0);
        assertRefused(rewardCall(h, w, indexOf(trainers[0])), RIGHT);
        assertRefused(rewardCall(h, w, indexOf(aggregator)), RIGHT);
        bytes4 missing = IDisputes.Disputes_VectorsMissing.selector;
        assertRefused(rewardCall(h, w, indexOf(evaluators[0])), missing);
        assertRefused(rewardCall(h, w, indexOf(evaluators[3])), missing); // a trainer, too
    }

    function test_Earned_WrongSums() external {
        for (uint256 i; i < 3; ++i) {
            uint256 state = vm.snapshotState();
            Work memory w = right;
            w.earned = i == 0 ? w.earned + 1 : i == 1 ? w.earned - 1 : 0;
            Header memory h = post(aggregator, w);
            assertConvicts(h, earnedCall(h, w));
            vm.revertToState(state);
        }
    }

    /* -------------------------------------------- TIME -------------------------------------------- */

    /// @dev F-40, F-41: until the second before the end, and not in it.
    function test_RevertWhen_ChallengeIsOver() external {
        Work memory w = right;
        w.norm += 1;
        Header memory h = post(aggregator, w);
        bytes memory data = medianCall(h, w, trainers.length);
        uint256 finalAt = lens.roundOf(fid).finalAt;
        vm.warp(finalAt);
        (bool done, bytes memory answer) = send(prover, data);
        assertFalse(done);
        assertEq(answer, abi.encodeWithSelector(IDisputes.Disputes_TooLate.selector, finalAt, finalAt));
        vm.warp(finalAt - 2);
        assertConvicts(h, data);
    }

    /// @dev F-41: what is final cannot be touched, neither in the next round nor in an idle federation.
    function test_RevertWhen_SettlementIsFinal() external {
        Work memory w = right;
        w.norm += 1;
        Header memory h = post(aggregator, w);
        bytes memory data = medianCall(h, w, trainers.length);
        vm.warp(lens.roundOf(fid).finalAt);
        uint256 state = vm.snapshotState();
        coordinator.advance(fid, h);
        assertRefused(data, IDisputes.Disputes_NotPosted.selector);
        vm.revertToState(state);
        vm.prank(sponsor);
        coordinator.close(fid);
        coordinator.advance(fid, h);
        assertPhase(Phase.Closed);
        assertRefused(data, IDisputes.Disputes_NotPosted.selector);
    }

    function test_RevertWhen_HeaderIsAnother() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        h.norm += 1;
        assertRefused(medianCall(h, w, trainers.length), IDisputes.Disputes_NotPosted.selector);
    }

    /// @dev F-42: several wrong things in one settlement convict once, and the next aggregator's settlement stands.
    function test_ConvictsOnceAndTheRoundGoesOn() external {
        Work memory w = right;
        w.norm += 1;
        w.earned += 1;
        Header memory h = post(aggregator, w);
        assertConvicts(h, medianCall(h, w, trainers.length));
        assertRefused(earnedCall(h, w), IDisputes.Disputes_NotPosted.selector);
        address second = aggregatorOf(1);
        w = honest(second);
        h = post(second, w);
        assertRefused(earnedCall(h, w), RIGHT);
        for (uint256 m; m < 1 << REWARD_DEPTH; ++m) {
            assertRefused(rewardCall(h, w, m), RIGHT); // the convicted one has an index and nothing on it
        }
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, h);
        assertEq(lens.roundOf(fid).round, 3);
    }

    /// @dev A conviction in the last turn leaves a void round behind.
    function test_ConvictionInTheLastTurnVoidsTheRound() external {
        vm.warp(vm.getBlockTimestamp() + 4 * 12);
        address stranger = newOperator("stranger", 10_000e18);
        Work memory w = honest(stranger);
        w.norm += 1;
        Header memory h = post(stranger, w);
        assertEq(h.turn, 4);
        assertConvicts(h, medianCall(h, w, trainers.length));
        coordinator.advance(fid, h);
        assertEq(lens.roundOf(fid).round, 3);
    }

    /* ------------------------------------------- PROVERS ------------------------------------------ */

    /// @dev P-16: a proof that nobody committed convicts and burns everything.
    function test_P16_UncommittedProofBurnsEverything() external {
        (Header memory h, bytes memory data) = _wrongNorm();
        _assertBurns(h, data);
    }

    /// @dev P-16: in the block of the commitment it is not committed yet.
    function test_P16_CommitmentOfTheSameBlockDoesNotCount() external {
        (Header memory h, bytes memory data) = _wrongNorm();
        commit(prover, hashOf(h), data);
        vm.roll(vm.getBlockNumber() - 1);
        _assertBurns(h, data);
    }

    /// @dev P-16: of another sender, another settlement, or other arguments it is not this proof's.
    function test_P16_CommitmentOfAnotherProofDoesNotCount() external {
        (Header memory h, bytes memory data) = _wrongNorm();
        commit(makeAddr("copyist"), hashOf(h), data);
        commit(prover, keccak256("another settlement"), data);
        commit(prover, hashOf(h), bytes.concat(data, bytes1(0)));
        bytes memory other = bytes.concat(data);
        other[3] ^= 0x01;
        commit(prover, hashOf(h), other);
        _assertBurns(h, data);
    }

    /// @dev P-16: a commitment older than the settlement does not count: the culprit cannot have one ready.
    function test_P16_CommitmentBeforeTheSettlementDoesNotCount() external {
        Work memory w = right;
        w.norm += 1;
        Header memory expected = headerOf(settlementFrom(w), aggregator);
        expected.postedAt += 1; // after the tick of the commitment
        uint256 state = vm.snapshotState();
        commit(prover, hashOf(expected), medianCall(expected, w, trainers.length));
        Header memory h = post(aggregator, w);
        assertEq(hashOf(h), hashOf(expected), "the same settlement");
        _assertBurns(h, medianCall(h, w, trainers.length));
        vm.revertToState(state);
        tick();
        h = post(aggregator, w);
        assertEq(hashOf(h), hashOf(expected), "the same settlement");
        assertConvicts(h, medianCall(h, w, trainers.length));
    }

    /// @dev F-38: who copies a proof from the pool convicts, and gets nothing.
    function test_P16_CopyOfAProofEarnsNothing() external {
        (Header memory h, bytes memory data) = _wrongNorm();
        commit(prover, hashOf(h), data);
        address thief = makeAddr("thief");
        (bool done,) = send(thief, data);
        assertTrue(done);
        (uint256 free,) = stakeVault.accountOf(address(token), thief);
        assertEq(free, 0);
    }

    /// @dev P-16: somebody else's copy of a commitment neither steals it nor makes it younger.
    function test_P16_CopyOfACommitmentChangesNothing() external {
        (Header memory h, bytes memory data) = _wrongNorm();
        commit(prover, hashOf(h), data);
        bytes32 commitment = keccak256(abi.encode(hashOf(h), bytes4(data), keccak256(_arguments(data)), prover));
        (uint256 time, uint256 number) = court.committedAt(prover, commitment);
        assertEq(time, vm.getBlockTimestamp() - 1);
        assertEq(number, vm.getBlockNumber() - 1);
        court.commitDisproof(commitment);
        (uint256 timeAfter, uint256 numberAfter) = court.committedAt(prover, commitment);
        assertEq(timeAfter, time);
        assertEq(numberAfter, number);
        send(prover, data);
        (uint256 free,) = stakeVault.accountOf(address(token), prover);
        assertEq(free, federationRegistry.policyOf(fid, 1).bond / 2);
        (time, number) = court.committedAt(prover, commitment);
        assertEq(time + number, 0, "used up");
    }

    /// @dev F-37, P-17: culprit and prover together lose half of the bond.
    function test_P17_CulpritThatConvictsItselfLoses() external {
        (Header memory h, bytes memory data) = _wrongNorm();
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), aggregator);
        prover = aggregator;
        commit(prover, hashOf(h), data);
        send(prover, data);
        (uint256 freeAfter, uint256 lockedAfter) = stakeVault.accountOf(address(token), aggregator);
        uint256 bond = federationRegistry.policyOf(fid, 1).bond;
        assertEq(freeAfter + lockedAfter, free + locked - (bond - bond / 2));
    }

    /// @dev P-16: of an older settlement's time it can be renewed by whoever made it.
    function test_P16_CommitmentIsRenewedByItsSender() external {
        (Header memory h, bytes memory data) = _wrongNorm();
        commit(prover, hashOf(h), data);
        commit(prover, hashOf(h), data);
        bytes32 commitment = keccak256(abi.encode(hashOf(h), bytes4(data), keccak256(_arguments(data)), prover));
        (uint256 time, uint256 number) = court.committedAt(prover, commitment);
        assertEq(time, vm.getBlockTimestamp() - 1);
        assertEq(number, vm.getBlockNumber() - 1);
        send(prover, data);
        (uint256 free,) = stakeVault.accountOf(address(token), prover);
        assertEq(free, federationRegistry.policyOf(fid, 1).bond / 2);
    }

    function _wrongNorm() internal returns (Header memory h, bytes memory data) {
        Work memory w = right;
        w.norm += 1;
        h = post(aggregator, w);
        data = medianCall(h, w, trainers.length);
    }

    function _assertBurns(Header memory h, bytes memory data) internal {
        uint256 bond = federationRegistry.policyOf(fid, 1).bond;
        uint256 burnt = stakeVault.toBurn(address(token));
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.Convicted(fid, current(), h.aggregator, address(0));
        (bool done,) = send(prover, data);
        assertTrue(done);
        assertEq(stakeVault.toBurn(address(token)), burnt + bond);
        (uint256 free,) = stakeVault.accountOf(address(token), prover);
        assertEq(free, 0);
        assertEq(lens.settlementHash(fid), 0);
    }

    function _arguments(bytes memory data) internal pure returns (bytes memory arguments) {
        arguments = new bytes(data.length - 4);
        for (uint256 i; i < arguments.length; ++i) {
            arguments[i] = data[i + 4];
        }
    }
}
