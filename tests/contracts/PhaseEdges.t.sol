// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {Header, Phase, RoundView, Settlement} from "../../contracts/interfaces/ParleyTypes.sol";
import {Base} from "./utils/Base.sol";

/// @notice Every edge of every phase at t - 1, t and t + 1, early ends, void rounds, turns and convictions (P-9, P-10).
contract PhaseEdgesTest is Base {
    function setUp() public {
        setUpFederation(4, 4, 3);
        openRound();
    }

    /* ------------------------------------------- EDGES -------------------------------------------- */

    /// @notice P-10, F-15: Train is [opening, trainEnd): the last second is in, the end is out.
    function test_P10_commitUpdate_lastSecondIsInEndIsOut() public {
        RoundView memory r = lens.roundOf(fid);
        vm.warp(r.trainEnd - 1);
        commitUpdate(trainers[0]);
        vm.warp(r.trainEnd);
        vm.expectRevert(_wrongTime(r.trainEnd, 1, r.trainEnd));
        this.commitUpdateExternal(trainers[1]);
    }

    /// @notice P-10, F-15: Reveal is [trainEnd, revealEnd).
    function test_P10_revealUpdate_atItsEdges() public {
        for (uint256 i; i < 3; ++i) {
            commitUpdate(trainers[i]);
        }
        RoundView memory r = lens.roundOf(fid);
        vm.warp(r.trainEnd - 1);
        vm.expectRevert(_wrongTime(r.trainEnd - 1, r.trainEnd, r.revealEnd));
        this.revealUpdateExternal(trainers[0]);
        vm.warp(r.trainEnd);
        revealUpdate(trainers[0]);
        vm.warp(r.revealEnd - 1);
        revealUpdate(trainers[1]);
        vm.warp(r.revealEnd);
        vm.expectRevert(_wrongTime(r.revealEnd, r.trainEnd, r.revealEnd));
        this.revealUpdateExternal(trainers[2]);
    }

    /// @notice P-24: the current round's key opens in [revealEnd, keyEnd) only.
    function test_P24_openValidation_atItsEdges() public {
        trainSome(3);
        RoundView memory r = lens.roundOf(fid);
        vm.warp(r.revealEnd - 1);
        vm.expectRevert(_wrongTime(r.revealEnd - 1, r.revealEnd, r.keyEnd));
        this.openValidationExternal(1);
        uint256 snapshot = vm.snapshotState();
        vm.warp(r.keyEnd - 1);
        openValidation();
        vm.revertToState(snapshot);
        vm.warp(r.keyEnd);
        vm.expectRevert(_wrongTime(r.keyEnd, r.revealEnd, r.keyEnd));
        this.openValidationExternal(1);
    }

    /// @notice P-10, F-15: ScoreCommit and ScoreReveal are [start, end).
    function test_P10_scores_atTheirEdges() public {
        trainSome(3);
        RoundView memory r = lens.roundOf(fid);
        vm.warp(r.keyEnd - 1);
        vm.expectRevert(_wrongTime(r.keyEnd - 1, r.keyEnd, r.scoreCommitEnd));
        this.commitScoresExternal(evaluators[0]);
        vm.warp(r.keyEnd);
        commitScores(evaluators[0]);
        vm.warp(r.scoreCommitEnd - 1);
        commitScores(evaluators[1]);
        vm.expectRevert(_wrongTime(r.scoreCommitEnd - 1, r.scoreCommitEnd, r.scoreRevealEnd));
        this.revealScoresExternal(evaluators[0]);
        vm.warp(r.scoreCommitEnd);
        vm.expectRevert(_wrongTime(r.scoreCommitEnd, r.keyEnd, r.scoreCommitEnd));
        this.commitScoresExternal(evaluators[2]);
        revealScores(evaluators[0]);
        vm.warp(r.scoreRevealEnd);
        vm.expectRevert(_wrongTime(r.scoreRevealEnd, r.scoreCommitEnd, r.scoreRevealEnd));
        this.revealScoresExternal(evaluators[1]);
    }

    /// @notice Section 6, F-27: a settlement is final at finalAt, not a second earlier.
    function test_P8_advance_atTheChallengesEnd() public {
        Header memory header = playToSettlement();
        uint256 finalAt = lens.roundOf(fid).finalAt;
        vm.warp(finalAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_WrongPhase.selector, Phase.Challenge));
        coordinator.advance(fid, header);
        vm.warp(finalAt);
        coordinator.advance(fid, header);
        assertEq(lens.federationOf(fid).modelRoot, header.modelRoot);
        assertEq(lens.federationOf(fid).previousRoot, keccak256("model 0"));
        assertEq(lens.federationOf(fid).norm, header.norm);
        assertEq(current(), 2, "the next round opens in the same transaction");
    }

    /* ------------------------------------------ EARLY ENDS ---------------------------------------- */

    /// @notice Section 6: when everybody has acted, a phase ends at the next second and all later ends move forward.
    function test_P10_allCommitted_trainEndsAtTheNextSecond() public {
        RoundView memory before = lens.roundOf(fid);
        for (uint256 i; i < 4; ++i) {
            commitUpdate(trainers[i]);
        }
        RoundView memory r = lens.roundOf(fid);
        assertEq(r.trainEnd, block.timestamp + 1);
        assertEq(r.scoreRevealEnd - r.trainEnd, before.scoreRevealEnd - before.trainEnd);
        assertPhase(Phase.Train);
        tick();
        assertPhase(Phase.Reveal);
    }

    /// @notice P-9, F-17: a commitment can be replaced until the end; the last one counts, and it counts once.
    function test_P9_commitUpdate_replacedUntilTheEnd() public {
        vm.prank(trainers[0]);
        coordinator.commitUpdate(fid, 1, keccak256("first thoughts"));
        commitUpdate(trainers[0]);
        assertEq(lens.roundOf(fid).committed, 1);
        commitUpdate(trainers[1]);
        commitUpdate(trainers[2]);
        vm.warp(lens.roundOf(fid).trainEnd);
        revealUpdate(trainers[0]);
        assertEq(lens.updateRoot(fid, 0), secret("root", trainers[0], 1));
    }

    /// @notice P-9, F-10, F-17: nobody can reveal what another committed to, nor another content, nor twice.
    function test_P9_revealUpdate_opensOnlyItsOwnCommitmentOnce() public {
        for (uint256 i; i < 3; ++i) {
            commitUpdate(trainers[i]);
        }
        vm.prank(trainers[3]);
        coordinator.commitUpdate(fid, 1, updateCommitment(1, trainers[0])); // a copied commitment
        tick();
        (bytes32 root, bytes32 digest, bytes32 salt) =
            (secret("root", trainers[0], 1), secret("digest", trainers[0], 1), secret("salt", trainers[0], 1));
        vm.prank(trainers[3]);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_CommitmentMismatch.selector);
        coordinator.revealUpdate(fid, 1, root, digest, salt);
        vm.prank(trainers[0]);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_CommitmentMismatch.selector);
        coordinator.revealUpdate(fid, 1, root, keccak256("other content"), salt);
        revealUpdate(trainers[0]);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_CommitmentMismatch.selector);
        this.revealUpdateExternal(trainers[0]);
    }

    /* --------------------------------------------- VOID ------------------------------------------- */

    /// @notice P-10, F-25: each way to be too few voids the round at the end of its phase, and the money returns.
    function test_P10_tooFew_voidsAndReturnsTheReward() public {
        (,, uint256 free, uint256 reserved,) = rewardVault.booksOf(fid);
        commitUpdate(trainers[0]);
        commitUpdate(trainers[1]);
        vm.warp(lens.roundOf(fid).trainEnd - 1);
        assertPhase(Phase.Train);
        vm.warp(lens.roundOf(fid).trainEnd);
        assertPhase(Phase.Voidable);
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.RoundVoided(fid, 1);
        coordinator.advance(fid, noHeader());
        assertEq(current(), 2);
        (,, uint256 freeAfter, uint256 reservedAfter, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(freeAfter, free);
        assertEq(reservedAfter, reserved);
        assertEq(owed, 0);
        assertEq(lens.federationOf(fid).modelRoot, keccak256("model 0"));
    }

    /// @notice P-10, F-25: too few reveals, and no quorum of scores, committed or revealed.
    function test_P10_tooFewRevealsOrScores_void() public {
        for (uint256 i; i < 4; ++i) {
            commitUpdate(trainers[i]);
        }
        tick();
        revealUpdate(trainers[0]);
        revealUpdate(trainers[1]);
        uint256 snapshot = vm.snapshotState();
        vm.warp(lens.roundOf(fid).revealEnd);
        assertPhase(Phase.Voidable);
        vm.revertToState(snapshot);
        revealUpdate(trainers[2]);
        vm.warp(lens.roundOf(fid).keyEnd);
        commitScores(evaluators[0]);
        commitScores(evaluators[1]);
        snapshot = vm.snapshotState();
        vm.warp(lens.roundOf(fid).scoreCommitEnd);
        assertPhase(Phase.Voidable);
        vm.revertToState(snapshot);
        commitScores(evaluators[2]);
        vm.warp(lens.roundOf(fid).scoreCommitEnd);
        revealScores(evaluators[0]);
        revealScores(evaluators[1]);
        vm.warp(lens.roundOf(fid).scoreRevealEnd);
        assertPhase(Phase.Voidable);
    }

    /* -------------------------------------------- TURNS ------------------------------------------- */

    /// @notice P-27, F-25: turns 0 to 3 belong to the aggregators drawn, turn 4 to anybody, from turn 5 on the round is
    /// void.
    function test_P27_turns_succeedEachOtherAndEnd() public {
        trainAll();
        scoreAll();
        uint256 start = lens.roundOf(fid).scoreRevealEnd;
        uint256 first = lens.turnPosition(fid, 0);
        for (uint256 turn; turn < 4; ++turn) {
            assertEq(lens.turnPosition(fid, turn), (first + turn) % 3);
            vm.warp(start + turn * 12);
            assertEq(lens.roundOf(fid).turn, turn);
            vm.warp(start + turn * 12 + 11);
            assertEq(lens.roundOf(fid).turn, turn);
            address other = aggregators[(first + turn + 1) % 3];
            vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotYourTurn.selector);
            this.settleExternal(other);
        }
        vm.warp(start + 48);
        uint256 snapshot = vm.snapshotState();
        settle(newOperator("passer-by", 1000e18), settlementOf(1));
        assertPhase(Phase.Challenge);
        vm.revertToState(snapshot);
        vm.warp(start + 60);
        assertPhase(Phase.Voidable);
    }

    /// @notice P-21: a stolen worker key cannot bond what its operator has in a federation that the operator does not settle:
    /// the thief would convict it there. The worker key of an aggregator of the round may settle.
    function test_RevertWhen_settle_inTheLastTurn_byAWorkerKeyOfAStranger() public {
        trainAll();
        scoreAll();
        vm.warp(lens.roundOf(fid).scoreRevealEnd + 48);
        address stranger = newOperator("passer-by", 1000e18);
        address worker = makeAddr("stolen");
        bytes memory actsFor = abi.encodeCall(IParticipantRegistry.operatorOf, worker);
        vm.mockCall(address(registry), actsFor, abi.encode(stranger));
        vm.expectRevert(
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_NotMember.selector, stranger, 1, AGGREGATOR_ROLE)
        );
        this.settleExternal(worker);
        vm.mockCall(address(registry), actsFor, abi.encode(aggregators[0]));
        settle(worker, settlementOf(1));
        assertPhase(Phase.Challenge);
    }

    /// @notice P-28: a settlement that comes a turn later than it was sent for is refused: member indices may have been given
    /// since, so that it would be wrong.
    function test_RevertWhen_settle_forAnotherTurn() public {
        trainAll();
        scoreAll();
        uint256 start = lens.roundOf(fid).scoreRevealEnd;
        address operator = aggregatorOf(1);
        vm.warp(start + 12);
        vm.roll(block.number + 1);
        uint256 number = block.number - 1;
        bytes32 hash = blockhash(number);
        Settlement memory s = settlementOf(1);
        for (uint256 turn; turn < 3; turn += 2) {
            vm.prank(operator);
            vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_WrongTurn.selector, turn, 1));
            coordinator.settle(fid, 1, turn, s, number, hash);
        }
    }

    /// @notice Section 6: a conviction halves the bond, deletes the settlement and starts the next turn at once.
    function test_P16_convict_slashesAndStartsTheNextTurn() public {
        Header memory header = playToSettlement();
        address prover = makeAddr("prover");
        (, uint256 locked) = stakeVault.accountOf(address(token), header.aggregator);
        vm.warp(lens.roundOf(fid).finalAt - 1);
        vm.prank(disputes);
        coordinator.convict(fid, header, prover);
        (, uint256 lockedAfter) = stakeVault.accountOf(address(token), header.aggregator);
        (uint256 reward,) = stakeVault.accountOf(address(token), prover);
        assertEq(locked - lockedAfter, 500e18);
        assertEq(reward, 250e18);
        assertEq(stakeVault.toBurn(address(token)), 250e18);
        assertEq(lens.settlementHash(fid), 0);
        assertPhase(Phase.Settle);
        assertEq(lens.roundOf(fid).turn, 1);
        Header memory second = settle(aggregatorOf(1), settlementOf(1));
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, second);
        assertEq(current(), 2);
    }

    /// @notice Only the disputes address convicts, only within the challenge, only the settlement that stands.
    function test_RevertWhen_convict_outsideOfItsPlace() public {
        Header memory header = playToSettlement();
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Unauthorised.selector, address(this)));
        coordinator.convict(fid, header, address(this));
        Header memory other = header;
        other.norm += 1;
        vm.prank(disputes);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_HeaderMismatch.selector);
        coordinator.convict(fid, other, address(this));
        vm.warp(lens.roundOf(fid).finalAt);
        vm.prank(disputes);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_WrongPhase.selector, Phase.Finalizable)
        );
        coordinator.convict(fid, header, address(this));
    }

    /// @notice P-28, F-16: a settlement computed on blocks that a reorg removed is refused.
    function test_P28_settle_blockNotCanonical() public {
        trainAll();
        scoreAll();
        Settlement memory s = settlementOf(1);
        address operator = aggregatorOf(0);
        uint256 number = block.number - 1;
        bytes32 wrong = keccak256("another history");
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundCoordinator.RoundCoordinator_BlockNotCanonical.selector, number, wrong, blockhash(number)
            )
        );
        coordinator.settle(fid, 1, 0, s, number, wrong);
        vm.roll(block.number + 300);
        vm.prank(operator);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_BlockNotCanonical.selector);
        coordinator.settle(fid, 1, 0, s, number, blockhash(number));
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function trainSome(uint256 n) private {
        for (uint256 i; i < n; ++i) {
            commitUpdate(trainers[i]);
        }
        vm.warp(lens.roundOf(fid).trainEnd);
        for (uint256 i; i < n - 1; ++i) {
            revealUpdate(trainers[i]);
        }
        vm.warp(lens.roundOf(fid).revealEnd - 2);
        revealUpdate(trainers[n - 1]);
    }

    function commitUpdateExternal(address operator) external {
        commitUpdate(operator);
    }

    function revealUpdateExternal(address operator) external {
        revealUpdate(operator);
    }

    function openValidationExternal(uint256 round) external {
        coordinator.openValidation(fid, round, chain[round]);
    }

    function commitScoresExternal(address operator) external {
        commitScores(operator);
    }

    function revealScoresExternal(address operator) external {
        revealScores(operator);
    }

    function settleExternal(address operator) external {
        settle(operator, settlementOf(1));
    }

    function _wrongTime(uint256 time, uint256 start, uint256 end) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_WrongTime.selector, time, start, end);
    }
}
