// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {Header, Policy} from "../../contracts/interfaces/ParleyTypes.sol";
import {Base} from "./utils/Base.sol";

/// @title AbsenceTest
/// @notice Who counts as absent, in each role, and from when on (P-7).
contract AbsenceTest is Base {
    /* ------------------------------------------ TRAINERS ------------------------------------------ */

    /// @notice P-7: a trainer that commits nothing is absent from the end of Train on, not a second earlier.
    function test_P7_trainer_withoutCommitment() public {
        setUpFederation(4, 3, 1);
        openRound();
        uint256 end = lens.roundOf(fid).trainEnd;
        vm.warp(end - 1);
        _refuse(trainers[0], TRAINER_ROLE);
        vm.warp(end);
        _report(trainers[0], TRAINER_ROLE, 1);
    }

    /// @notice P-7: a trainer that reveals nothing is absent from the end of Reveal on, if enough had committed.
    function test_P7_trainer_withoutReveal() public {
        setUpFederation(4, 3, 1);
        openRound();
        for (uint256 i; i < 3; ++i) {
            commitUpdate(trainers[i]);
        }
        uint256 end = lens.roundOf(fid).revealEnd;
        vm.warp(end - 1);
        revealUpdate(trainers[1]);
        _refuse(trainers[0], TRAINER_ROLE);
        vm.warp(end);
        _report(trainers[0], TRAINER_ROLE, 1);
        _refuse(trainers[1], TRAINER_ROLE);
    }

    /// @notice P-7: whoever committed in a round that too few committed in had nothing to reveal.
    function test_P7_trainer_ofAVoidRound() public {
        setUpFederation(4, 3, 1);
        openRound();
        commitUpdate(trainers[0]);
        commitUpdate(trainers[1]);
        vm.warp(lens.roundOf(fid).revealEnd);
        _refuse(trainers[0], TRAINER_ROLE);
        _report(trainers[2], TRAINER_ROLE, 1);
    }

    /* ------------------------------------------ EVALUATORS ---------------------------------------- */

    /// @notice P-7: an evaluator that committed scores but reveals none is absent from the end of ScoreReveal on.
    function test_P7_evaluator_withoutReveal() public {
        setUpFederation(3, 4, 1);
        openRound();
        trainAll();
        vm.warp(lens.roundOf(fid).keyEnd);
        for (uint256 i; i < 4; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        revealScores(evaluators[1]);
        uint256 end = lens.roundOf(fid).scoreRevealEnd;
        vm.warp(end - 1);
        _refuse(evaluators[0], EVALUATOR_ROLE);
        vm.warp(end);
        _refuse(evaluators[1], EVALUATOR_ROLE);
        _report(evaluators[0], EVALUATOR_ROLE, 1);
    }

    /// @notice P-7: without a quorum of commitments nobody had to reveal scores; without reveals nobody had to score.
    function test_P7_evaluator_ofAVoidRound() public {
        setUpFederation(3, 4, 1);
        openRound();
        uint256 snapshot = vm.snapshotState();
        vm.warp(block.timestamp + 1000);
        _refuse(evaluators[0], EVALUATOR_ROLE);
        vm.revertToState(snapshot);
        trainAll();
        vm.warp(lens.roundOf(fid).keyEnd);
        commitScores(evaluators[0]);
        commitScores(evaluators[1]);
        vm.warp(lens.roundOf(fid).scoreRevealEnd);
        _refuse(evaluators[0], EVALUATOR_ROLE);
        _report(evaluators[2], EVALUATOR_ROLE, 1);
    }

    /// @notice P-7, P-27: who was not drawn had nothing to do.
    function test_P7_evaluator_notDrawn() public {
        setUpFederation(3, 6, 1);
        Policy memory p = defaultPolicy();
        p.seats = 3;
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, p);
        openRound();
        trainAll();
        vm.warp(lens.roundOf(fid).scoreCommitEnd);
        uint256 absent;
        for (uint256 i; i < 6; ++i) {
            if (!lens.memberOf(fid, evaluators[i]).seated) {
                _refuse(evaluators[i], EVALUATOR_ROLE);
                continue;
            }
            _report(evaluators[i], EVALUATOR_ROLE, 1);
            ++absent;
        }
        assertEq(absent, 3);
    }

    /* ----------------------------------------- AGGREGATORS ---------------------------------------- */

    /// @notice P-7: an aggregator is absent once the last of its turns has passed, not while it may still settle.
    function test_P7_aggregator_mayStillSettleInItsNextTurn() public {
        _toSettle(3, 1);
        uint256 start = lens.roundOf(fid).scoreRevealEnd;
        for (uint256 turn; turn < 4; ++turn) {
            vm.warp(start + 12 * turn + 11);
            _refuse(aggregators[0], AGGREGATOR_ROLE);
        }
        uint256 snapshot = vm.snapshotState();
        settle(aggregators[0], settlementOf(1));
        _refuse(aggregators[0], AGGREGATOR_ROLE);
        vm.revertToState(snapshot);
        vm.warp(start + 48);
        _report(aggregators[0], AGGREGATOR_ROLE, 1);
    }

    /// @notice P-7: with four aggregators each has one turn; those whose turn passed are absent, at once and for good.
    function test_P7_aggregator_ofAPassedTurn() public {
        _toSettle(3, 4);
        address[4] memory order = [aggregatorOf(0), aggregatorOf(1), aggregatorOf(2), aggregatorOf(3)];
        uint256 start = lens.roundOf(fid).scoreRevealEnd;
        vm.warp(start + 11);
        _refuse(order[0], AGGREGATOR_ROLE);
        vm.warp(start + 12);
        _report(order[0], AGGREGATOR_ROLE, 1);
        _refuse(order[1], AGGREGATOR_ROLE);
        vm.warp(start + 24);
        settle(order[2], settlementOf(1));
        _report(order[1], AGGREGATOR_ROLE, 1);
        _refuse(order[2], AGGREGATOR_ROLE);
        _refuse(order[3], AGGREGATOR_ROLE);
    }

    /// @notice P-7: of two aggregators the one that never acts is absent, though it had a later turn, once the other settled.
    function test_P7_aggregator_overtaken() public {
        _toSettle(3, 2);
        (address silent, address busy) = (aggregatorOf(0), aggregatorOf(1));
        vm.warp(lens.roundOf(fid).scoreRevealEnd + 12);
        _refuse(silent, AGGREGATOR_ROLE);
        settle(busy, settlementOf(1));
        _report(silent, AGGREGATOR_ROLE, 1);
        _refuse(busy, AGGREGATOR_ROLE);
    }

    /// @notice P-7: after a conviction only the turns since then count; the convicted one's was taken.
    function test_P7_aggregator_afterAConviction() public {
        _toSettle(3, 4);
        address[4] memory order = [aggregatorOf(0), aggregatorOf(1), aggregatorOf(2), aggregatorOf(3)];
        Header memory header = settle(order[0], settlementOf(1));
        vm.prank(disputes);
        coordinator.convict(fid, header, address(0));
        vm.warp(lens.roundOf(fid).scoreRevealEnd + 12);
        _refuse(order[0], AGGREGATOR_ROLE);
        _report(order[1], AGGREGATOR_ROLE, 1);
        _refuse(order[2], AGGREGATOR_ROLE);
        settle(order[2], settlementOf(1));
        _refuse(order[0], AGGREGATOR_ROLE);
        _refuse(order[2], AGGREGATOR_ROLE);
    }

    /// @notice P-7: in a round that is void before Settle no aggregator had a turn.
    function test_P7_aggregator_ofAVoidRound() public {
        setUpFederation(3, 3, 1);
        openRound();
        trainAll();
        vm.warp(block.timestamp + 1000);
        _refuse(aggregators[0], AGGREGATOR_ROLE);
    }

    /* --------------------------------------------- ALL -------------------------------------------- */

    /// @notice P-7: strangers, unknown roles and roles that the member does not have are nobody's absence.
    function test_RevertWhen_reportAbsence_notOfThatRole() public {
        setUpFederation(4, 3, 1);
        openRound();
        vm.warp(lens.roundOf(fid).trainEnd);
        _refuse(trainers[0], EVALUATOR_ROLE);
        _refuse(makeAddr("stranger"), TRAINER_ROLE);
        for (uint256 roles; roles < 256; ++roles) {
            if (roles != TRAINER_ROLE) _refuse(trainers[0], uint8(roles));
        }
    }

    /// @notice P-7: nobody is absent between rounds, nor in a round that it joined in the middle of.
    function test_RevertWhen_reportAbsence_notInThisRound() public {
        setUpFederation(4, 3, 1);
        _refuse(trainers[0], TRAINER_ROLE);
        openRound();
        address late = join("late", TRAINER_ROLE);
        vm.warp(lens.roundOf(fid).trainEnd);
        _refuse(late, TRAINER_ROLE);
        vm.prank(sponsor);
        coordinator.close(fid);
        coordinator.advance(fid, noHeader());
        _refuse(trainers[0], TRAINER_ROLE);
    }

    /// @notice P-7: roles are counted apart: three absences in two roles do not evict.
    function test_P7_rolesAreCountedApart() public {
        setUpFederation(3, 3, 1);
        address both = join("both", TRAINER_ROLE | EVALUATOR_ROLE);
        openRound();
        for (uint256 round = 1; round <= 2; ++round) {
            for (uint256 i; i < 3; ++i) {
                commitUpdate(trainers[i]);
            }
            vm.warp(lens.roundOf(fid).trainEnd);
            for (uint256 i; i < 3; ++i) {
                revealUpdate(trainers[i]);
            }
            _report(both, TRAINER_ROLE, round);
            vm.warp(lens.roundOf(fid).scoreCommitEnd);
            _report(both, EVALUATOR_ROLE, round);
            coordinator.advance(fid, noHeader());
            tick();
        }
        assertEq(lens.memberOf(fid, both).until, type(uint24).max);
    }

    /// @notice P-7: who has left may be reported, but is not evicted again.
    function test_P7_leftAlready_isNotEvicted() public {
        setUpFederation(4, 3, 1);
        openRound();
        for (uint256 round = 1; round <= 3; ++round) {
            if (round == 3) {
                vm.prank(trainers[3]);
                coordinator.leaveFederation(fid);
            }
            vm.warp(lens.roundOf(fid).trainEnd);
            _report(trainers[3], TRAINER_ROLE, round);
            coordinator.advance(fid, noHeader());
        }
        assertEq(lens.federationOf(fid).trainers, 3);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _toSettle(uint256 n, uint256 a) private {
        setUpFederation(n, 3, a);
        openRound();
        trainAll();
        scoreAll();
    }

    function _report(address operator, uint8 role, uint256 running) private {
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.Absent(fid, operator, lens.roundOf(fid).round, role, running);
        coordinator.reportAbsence(fid, operator, role);
    }

    function _refuse(address operator, uint8 role) private {
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_NotAbsent.selector, operator, role));
        coordinator.reportAbsence(fid, operator, role);
    }
}
