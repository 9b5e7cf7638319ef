// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundLens} from "../../contracts/interfaces/IRoundLens.sol";
import {
    FederationView,
    Header,
    MemberView,
    Phase,
    Policy,
    RoundView,
    Terms
} from "../../contracts/interfaces/ParleyTypes.sol";
import {Base} from "./utils/Base.sol";

/// @title RoundLensTest
/// @notice What readers are told before, in and after a round, of two federations that do not get into each other's way.
contract RoundLensTest is Base {
    function setUp() public {
        setUpFederation(3, 3, 2);
    }

    /* ------------------------------------------ FEDERATION ---------------------------------------- */

    /// @notice Of a federation that does not exist everything is zero, and it is idle.
    function test_unknownFederation_isEmpty() public view {
        FederationView memory f = lens.federationOf(99);
        assertEq(f.sponsor, address(0));
        assertEq(f.version, 0);
        assertEq(f.modelRoot, 0);
        RoundView memory r = lens.roundOf(99);
        assertEq(r.round, 0);
        assertEq(uint256(r.phase), uint256(Phase.Idle));
        assertFalse(lens.memberOf(99, trainers[0]).seated);
        assertEq(lens.updateRoot(99, 0), 0);
        assertEq(lens.settlementHash(99), 0);
    }

    /// @notice P-7: rosters now and at the opening are told apart.
    function test_P7_federationOf_countsNowAndAtOpening() public {
        FederationView memory f = lens.federationOf(fid);
        assertEq(f.sponsor, sponsor);
        assertEq(f.version, 1);
        assertEq(f.trainers, 3);
        assertEq(f.evaluators, 3);
        assertEq(f.aggregators, 2);
        assertEq(f.evaluatorsAtOpening, 0);
        assertFalse(f.live);
        openRound();
        join("fourth", EVALUATOR_ROLE);
        vm.prank(aggregators[0]);
        coordinator.leaveFederation(fid);
        f = lens.federationOf(fid);
        assertTrue(f.live);
        assertEq(f.round, 1);
        assertEq(f.evaluators, 4);
        assertEq(f.evaluatorsAtOpening, 3);
        assertEq(f.aggregators, 1);
        assertEq(f.aggregatorsAtOpening, 2);
    }

    /// @notice P-24: the last round whose key is open; P-25, P-6: norm and the last two models.
    function test_P24_federationOf_afterARound() public {
        openRound();
        playRound();
        FederationView memory f = lens.federationOf(fid);
        assertEq(f.keyRound, 1);
        assertEq(f.norm, settlementOf(1).norm);
        assertEq(f.modelRoot, keccak256(abi.encode("model", 1)));
        assertEq(f.previousRoot, keccak256("model 0"));
        assertEq(f.memberCount, 7, "three trainers, three evaluators and the aggregator that settled");
        playRound();
        f = lens.federationOf(fid);
        assertEq(f.modelRoot, keccak256(abi.encode("model", 2)));
        assertEq(f.previousRoot, keccak256(abi.encode("model", 1)));
    }

    /* --------------------------------------------- ROUND ------------------------------------------ */

    /// @notice Times are zero between rounds; the round's number stays.
    function test_roundOf_betweenRounds() public {
        openRound();
        vm.prank(sponsor);
        coordinator.close(fid);
        vm.warp(lens.roundOf(fid).trainEnd);
        coordinator.advance(fid, noHeader());
        RoundView memory r = lens.roundOf(fid);
        assertEq(uint256(r.phase), uint256(Phase.Closed));
        assertEq(r.round, 1);
        assertEq(r.version, 1);
        assertEq(r.trainEnd | r.revealEnd | r.keyEnd | r.scoreCommitEnd | r.scoreRevealEnd | r.finalAt, 0);
        assertEq(r.seats, 0);
    }

    /// @notice The windows of the policy, one after the other.
    function test_roundOf_timesFollowThePolicy() public {
        coordinator.advance(fid, noHeader());
        RoundView memory r = lens.roundOf(fid);
        assertEq(r.trainEnd, block.timestamp + 30);
        assertEq(r.revealEnd, r.trainEnd + 10);
        assertEq(r.keyEnd, r.revealEnd + 8);
        assertEq(r.scoreCommitEnd, r.keyEnd + 25);
        assertEq(r.scoreRevealEnd, r.scoreCommitEnd + 10);
        assertEq(r.trainers, 3);
        assertEq(r.seats, 3);
        assertFalse(r.drawn);
        assertFalse(r.seeded);
    }

    /// @notice P-28: the settlement's hash is that of section 9, and gone once it is deleted or final.
    function test_P28_settlementHash_whileItStands() public {
        openRound();
        assertEq(lens.settlementHash(fid), 0);
        Header memory header = playToSettlement();
        bytes32 hash = keccak256(abi.encode(block.chainid, address(coordinator), fid, uint256(1), header));
        assertEq(lens.settlementHash(fid), hash);
        uint256 snapshot = vm.snapshotState();
        vm.prank(disputes);
        coordinator.convict(fid, header, address(0));
        assertEq(lens.settlementHash(fid), 0);
        vm.revertToState(snapshot);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        assertEq(lens.settlementHash(fid), 0);
    }

    /* -------------------------------------------- MEMBERS ----------------------------------------- */

    /// @notice A member's standing as the round goes on.
    function test_memberOf_throughARound() public {
        MemberView memory m = lens.memberOf(fid, trainers[1]);
        assertEq(m.roles, TRAINER_ROLE);
        assertEq(m.from, 1);
        assertEq(m.until, type(uint24).max);
        assertEq(m.stake, 100e18);
        assertFalse(m.hasIndex);
        assertFalse(m.committed);
        openRound();
        commitUpdate(trainers[0]);
        commitUpdate(trainers[1]);
        commitUpdate(trainers[2]);
        assertTrue(lens.memberOf(fid, trainers[1]).committed);
        tick();
        revealUpdate(trainers[1]);
        m = lens.memberOf(fid, trainers[1]);
        assertTrue(m.revealed);
        assertEq(m.revealIndex, 0);
        assertTrue(m.hasIndex);
        assertEq(m.index, 0);
        revealUpdate(trainers[0]);
        m = lens.memberOf(fid, trainers[0]);
        assertEq(m.revealIndex, 1);
        assertEq(m.index, 1);
        assertEq(m.aggregatorPosition, type(uint16).max);
        assertFalse(m.seated);
    }

    /// @notice P-13: what belongs to an earlier round reads as empty.
    function test_P13_memberOf_nextRoundReadsEmpty() public {
        openRound();
        playRound();
        MemberView memory m = lens.memberOf(fid, trainers[1]);
        assertFalse(m.committed);
        assertFalse(m.revealed);
        assertEq(m.revealIndex, 0);
        assertTrue(m.hasIndex);
        m = lens.memberOf(fid, evaluators[1]);
        assertTrue(m.seated);
        assertFalse(m.scoresCommitted);
        assertFalse(m.scoresRevealed);
        assertEq(lens.updateRoot(fid, 0), 0);
        (bool revealed, bytes32 hash, uint256 own) = lens.scoresAt(fid, 1);
        assertFalse(revealed);
        assertEq(hash, 0);
        assertEq(own, 0);
    }

    /// @notice P-27: once a round is over nobody is seated, least of all those who had not been drawn.
    function test_P27_memberOf_nobodyIsSeatedBetweenRounds() public {
        Policy memory p = defaultPolicy();
        p.seats = 3;
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, p);
        for (uint256 i; i < 4; ++i) {
            evaluators.push(join(string.concat("more", vm.toString(i)), EVALUATOR_ROLE));
        }
        openRound();
        uint256 seated;
        for (uint256 i; i < 7; ++i) {
            if (lens.memberOf(fid, evaluators[i]).seated) ++seated;
        }
        assertEq(seated, 3);
        vm.prank(sponsor);
        coordinator.close(fid);
        vm.warp(lens.roundOf(fid).trainEnd);
        coordinator.advance(fid, noHeader());
        for (uint256 i; i < 7; ++i) {
            assertFalse(lens.memberOf(fid, evaluators[i]).seated);
        }
    }

    /// @notice P-11: the record of a seat says which update is the evaluator's own.
    function test_P11_scoresAt_namesTheOwnUpdate() public {
        address both = join("both", TRAINER_ROLE | EVALUATOR_ROLE);
        trainers.push(both);
        evaluators.push(both);
        openRound();
        trainAll();
        scoreAll();
        (bool revealed, bytes32 hash, uint256 own) = lens.scoresAt(fid, 3);
        assertTrue(revealed);
        assertEq(own, 4, "the fourth update, counted from 1");
        bytes32 full = keccak256(vectorOf(both, 1));
        assertEq(hash, full & ~bytes32(uint256(type(uint40).max)), "its top 216 bits");
        (,, own) = lens.scoresAt(fid, 0);
        assertEq(own, 0);
    }

    /// @notice P-11: an evaluator that trains, too, but revealed nothing has no own update.
    function test_P11_scoresAt_withoutReveal() public {
        address both = join("both", TRAINER_ROLE | EVALUATOR_ROLE);
        openRound();
        commitUpdate(both);
        trainAll();
        vm.warp(lens.roundOf(fid).keyEnd);
        evaluators.push(both);
        for (uint256 i; i < 4; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        revealScores(both);
        (bool revealed,, uint256 own) = lens.scoresAt(fid, 3);
        assertTrue(revealed);
        assertEq(own, 0);
    }

    /* --------------------------------------------- TURNS ------------------------------------------ */

    /// @notice P-27: turns can be told once the seed is captured.
    function test_RevertWhen_turnPosition_notSeeded() public {
        coordinator.advance(fid, noHeader());
        vm.expectRevert(abi.encodeWithSelector(IRoundLens.RoundLens_NotSeeded.selector, fid, 1));
        lens.turnPosition(fid, 0);
    }

    /// @notice P-27: turn t is at position (keccak256(seed ‖ "agg") + t) mod A.
    function testFuzz_P27_turnPosition(bytes32 seed, uint256 turn) public {
        turn = bound(turn, 0, 3);
        vm.assume(seed != 0);
        coordinator.advance(fid, noHeader());
        vm.roll(block.number + 3);
        vm.setBlockhash(block.number - 1, seed);
        coordinator.captureSeed(fid);
        uint256 start = uint256(keccak256(bytes.concat(seed, "agg"))) % 2;
        assertEq(lens.turnPosition(fid, turn), (start + turn) % 2);
    }

    /* ---------------------------------------------- CID ------------------------------------------- */

    /// @notice P-5: a federation's objects are raw blocks up to 1 MiB, dag-pb above.
    function test_P5_cidOf_followsTheSize() public {
        assertEq(bytes(lens.cidOf(fid, keccak256("x")))[4], "r", "bafkr...: raw");
        uint256 large = _federationOf(8 * 32_768);
        assertEq(bytes(lens.cidOf(large, keccak256("x")))[4], "r", "32768 words are 1 MiB");
        large = _federationOf(8 * 32_768 + 1);
        assertEq(bytes(lens.cidOf(large, keccak256("x")))[4], "b", "bafyb...: dag-pb");
    }

    function _federationOf(uint32 params) private returns (uint256) {
        Terms memory terms = defaultTerms();
        terms.params = params;
        return createFederation(terms, defaultPolicy());
    }
}
