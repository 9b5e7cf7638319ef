// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {FederationView, Header, MemberView, Phase, Policy, RoundView} from "../../contracts/interfaces/ParleyTypes.sol";
import {Base} from "./utils/Base.sol";

/// @notice Who is in, who judges and whose turn it is does not change within a round (P-7, P-27); absence and eviction;
/// leaving, unbonding and coming back.
contract RostersTest is Base {
    function setUp() public {
        setUpFederation(4, 4, 3);
    }

    /* ------------------------------------------- POLICY ------------------------------------------- */

    /// @notice P-7, F-47: a round uses the policy it opened with; the next one uses the new one.
    function test_P7_setPolicy_appliesToRoundsNotYetOpened() public {
        openRound();
        Policy memory p = defaultPolicy();
        (p.reward, p.train, p.bond) = (10e18, 60, 1e18);
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, p);
        assertEq(lens.roundOf(fid).version, 1);
        (,,, uint256 reserved,) = rewardVault.booksOf(fid);
        assertEq(reserved, 1000e18);
        Header memory header = playToSettlement();
        (, uint256 locked) = stakeVault.accountOf(address(token), header.aggregator);
        assertEq(locked, 600e18, "the bond of version 1");
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        RoundView memory r = lens.roundOf(fid);
        assertEq(r.version, 2);
        assertEq(r.trainEnd, block.timestamp + 60);
        (,,, reserved,) = rewardVault.booksOf(fid);
        assertEq(reserved, 10e18);
        (, locked) = stakeVault.accountOf(address(token), header.aggregator);
        assertEq(locked, 100e18, "the bond is free again, the stake is not");
    }

    /* ------------------------------------------- ROSTERS ------------------------------------------ */

    /// @notice P-7: one who leaves may act to the end of the round, and everybody keeps seat and turn.
    function test_P7_leave_midRound_changesNoSeatAndNoTurn() public {
        openRound();
        address[4] memory before = _seats();
        uint256 first = lens.turnPosition(fid, 0);
        vm.prank(evaluators[0]);
        coordinator.leaveFederation(fid);
        vm.prank(aggregators[0]);
        coordinator.leaveFederation(fid);
        address[4] memory afterwards = _seats();
        for (uint256 i; i < 4; ++i) {
            assertEq(before[i], afterwards[i]);
        }
        assertEq(lens.turnPosition(fid, 0), first);
        assertEq(lens.memberOf(fid, aggregators[0]).aggregatorPosition, 0);
        assertEq(lens.memberOf(fid, aggregators[2]).aggregatorPosition, 2);
        playRound();
        assertEq(current(), 2);
        assertFalse(lens.memberOf(fid, evaluators[0]).seated);
        assertEq(lens.memberOf(fid, evaluators[3]).seat, 0, "the last took the free place");
        assertEq(lens.memberOf(fid, aggregators[2]).aggregatorPosition, 0);
        assertEq(lens.federationOf(fid).evaluatorsAtOpening, 3);
    }

    /// @notice P-7: one who joins mid-round has no seat and no turn before the next round.
    function test_P7_join_midRound_actsFromTheNextRoundOn() public {
        openRound();
        address late = join("late", 7);
        MemberView memory m = lens.memberOf(fid, late);
        assertEq(m.from, 2);
        assertFalse(m.seated);
        assertEq(m.aggregatorPosition, type(uint16).max);
        vm.prank(late);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotMember.selector);
        coordinator.commitUpdate(fid, 1, keccak256("too early"));
        playRound();
        assertTrue(lens.memberOf(fid, late).seated);
        assertEq(lens.roundOf(fid).trainers, 5);
    }

    /// @notice P-7: rosters stay a permutation without gaps under any sequence of leaving and joining.
    function testFuzz_P7_rosters_stayAPermutation(uint256 seed) public {
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed, i)));
            address who = evaluators[seed % 4];
            MemberView memory m = lens.memberOf(fid, who);
            if (m.roles == 0) {
                vm.prank(who);
                federationRegistry.join(fid, EVALUATOR_ROLE);
            } else if (m.until == type(uint24).max) {
                vm.prank(who);
                coordinator.leaveFederation(fid);
            } else {
                coordinator.unbond(fid, who);
            }
        }
        for (uint256 i; i < 4; ++i) {
            if (lens.memberOf(fid, evaluators[i]).roles == 0) {
                vm.prank(evaluators[i]);
                federationRegistry.join(fid, EVALUATOR_ROLE);
            } else if (lens.memberOf(fid, evaluators[i]).until != type(uint24).max) {
                coordinator.unbond(fid, evaluators[i]);
                vm.prank(evaluators[i]);
                federationRegistry.join(fid, EVALUATOR_ROLE);
            }
        }
        openRound();
        uint256 taken;
        for (uint256 i; i < 4; ++i) {
            MemberView memory m = lens.memberOf(fid, evaluators[i]);
            assertTrue(m.seated);
            taken |= 1 << m.seat;
        }
        assertEq(taken, 15);
    }

    /* -------------------------------------------- SEATS ------------------------------------------- */

    /// @notice P-27: with more evaluators than seats, the seats are the first distinct values of keccak256(seed ‖ d) mod E.
    function testFuzz_P27_seats_areDrawnAsSpecified(uint256 salt) public {
        Policy memory p = defaultPolicy();
        p.seats = 3;
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, p);
        for (uint256 i; i < 5; ++i) {
            evaluators.push(join(string.concat("more", vm.toString(i)), EVALUATOR_ROLE));
        }
        coordinator.advance(fid, noHeader());
        assertFalse(lens.memberOf(fid, evaluators[0]).seated, "nobody is seated before the seed");
        vm.roll(block.number + 3);
        vm.setBlockhash(lens.federationOf(fid).seedBlock, keccak256(abi.encode(salt)));
        coordinator.captureSeed(fid);
        bytes32 seed = lens.federationOf(fid).seed;
        assertEq(seed, keccak256(abi.encode(salt)));
        uint256[] memory drawn = _draw(seed, 9, 3);
        for (uint256 position; position < 9; ++position) {
            (bool seated, uint256 seat) = (false, 0);
            for (uint256 i; i < 3; ++i) {
                if (drawn[i] == position) (seated, seat) = (true, i);
            }
            MemberView memory m = lens.memberOf(fid, evaluators[position]);
            assertEq(m.seated, seated);
            if (seated) assertEq(m.seat, seat);
        }
        assertEq(lens.roundOf(fid).seats, 3);
    }

    /// @notice P-27: once the block's hash is gone, the seed follows from the last one.
    function test_P27_captureSeed_fallsBackWhenTheHashIsGone() public {
        openRound();
        bytes32 last = lens.federationOf(fid).seed;
        Header memory header = playToSettlement();
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        vm.roll(block.number + 300);
        coordinator.captureSeed(fid);
        assertEq(lens.federationOf(fid).seed, keccak256(abi.encode(last, fid, uint256(2))));
    }

    /// @notice P-27: the seed is that of the block two after the opening, and is captured once.
    function test_P27_captureSeed_waitsForItsBlockAndHappensOnce() public {
        coordinator.advance(fid, noHeader());
        uint256 seedBlock = lens.federationOf(fid).seedBlock;
        assertEq(seedBlock, block.number + 2);
        vm.roll(seedBlock);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_SeedNotReady.selector);
        coordinator.captureSeed(fid);
        vm.roll(seedBlock + 1);
        coordinator.captureSeed(fid);
        assertEq(lens.federationOf(fid).seed, blockhash(seedBlock));
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_SeedNotReady.selector);
        coordinator.captureSeed(fid);
    }

    /// @notice P-27: whichever call comes first after the seed's block captures it.
    function test_P27_anyCall_capturesTheSeed() public {
        coordinator.advance(fid, noHeader());
        vm.roll(block.number + 3);
        commitUpdate(trainers[0]);
        assertTrue(lens.roundOf(fid).seeded);
    }

    /* ------------------------------------------- ABSENCE ------------------------------------------ */

    /// @notice P-7, F-14: three rounds running without acting, and anyone may have a member evicted; its stake unbonds.
    function test_P7_reportAbsence_thirdRoundRunningEvicts() public {
        openRound();
        for (uint256 round = 1; round <= 3; ++round) {
            for (uint256 i; i < 3; ++i) {
                commitUpdate(trainers[i]);
            }
            vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotAbsent.selector);
            coordinator.reportAbsence(fid, trainers[3], TRAINER_ROLE);
            vm.warp(lens.roundOf(fid).trainEnd);
            if (round == 3) {
                vm.expectEmit(address(coordinator));
                emit IRoundCoordinator.Evicted(fid, trainers[3], 3);
            }
            coordinator.reportAbsence(fid, trainers[3], TRAINER_ROLE);
            vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_AlreadyReported.selector);
            coordinator.reportAbsence(fid, trainers[3], TRAINER_ROLE);
            vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotAbsent.selector);
            coordinator.reportAbsence(fid, trainers[0], TRAINER_ROLE);
            vm.warp(lens.roundOf(fid).revealEnd);
            coordinator.advance(fid, noHeader());
        }
        assertEq(lens.federationOf(fid).trainers, 3);
        coordinator.unbond(fid, trainers[3]);
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), trainers[3]);
        assertEq(free, 10_000e18);
        assertEq(locked, 0);
    }

    /// @notice P-7: an absence forgives itself after a round in which the member acted.
    function test_P7_reportAbsence_notRunningDoesNotEvict() public {
        openRound();
        for (uint256 round = 1; round <= 4; ++round) {
            for (uint256 i; i < 3; ++i) {
                commitUpdate(trainers[i]);
            }
            if (round == 2) commitUpdate(trainers[3]);
            vm.warp(lens.roundOf(fid).trainEnd);
            if (round != 2) coordinator.reportAbsence(fid, trainers[3], TRAINER_ROLE);
            vm.warp(lens.roundOf(fid).revealEnd);
            coordinator.advance(fid, noHeader());
        }
        assertEq(lens.federationOf(fid).trainers, 4);
    }

    /// @notice P-7: evaluators are absent who were seated and did not score; aggregators whose turn passed.
    function test_P7_reportAbsence_evaluatorsAndAggregators() public {
        openRound();
        trainAll();
        openValidation();
        tick();
        for (uint256 i; i < 3; ++i) {
            commitScores(evaluators[i]);
        }
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotAbsent.selector);
        coordinator.reportAbsence(fid, evaluators[3], EVALUATOR_ROLE);
        vm.warp(lens.roundOf(fid).scoreCommitEnd);
        coordinator.reportAbsence(fid, evaluators[3], EVALUATOR_ROLE);
        for (uint256 i; i < 3; ++i) {
            revealScores(evaluators[i]);
        }
        tick();
        address due = aggregatorOf(0);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotAbsent.selector);
        coordinator.reportAbsence(fid, due, AGGREGATOR_ROLE);
        vm.warp(lens.roundOf(fid).scoreRevealEnd + 12);
        address next = aggregatorOf(1);
        settle(next, settlementOf(1));
        coordinator.reportAbsence(fid, due, AGGREGATOR_ROLE);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotAbsent.selector);
        coordinator.reportAbsence(fid, next, AGGREGATOR_ROLE);
    }

    /* ------------------------------------------- LEAVING ------------------------------------------ */

    /// @notice Section 2, F-2: stake stays locked until every round the member took part in is final.
    function test_P17_unbond_onlyAfterTheLastRoundIsFinal() public {
        openRound();
        vm.prank(trainers[0]);
        coordinator.leaveFederation(fid);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_StillBonded.selector);
        coordinator.unbond(fid, trainers[0]);
        Header memory header = playToSettlement();
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_StillBonded.selector);
        coordinator.unbond(fid, trainers[0]);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        coordinator.unbond(fid, trainers[0]);
        (uint256 free,) = stakeVault.accountOf(address(token), trainers[0]);
        assertEq(free, 10_000e18);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_StillBonded.selector);
        coordinator.unbond(fid, trainers[0]);
    }

    /// @notice P-12: whoever comes back keeps its member index.
    function test_P12_rejoin_keepsTheMemberIndex() public {
        openRound();
        playRound();
        uint256 index = lens.memberOf(fid, trainers[2]).index;
        vm.startPrank(trainers[2]);
        coordinator.leaveFederation(fid);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_AlreadyMember.selector);
        federationRegistry.join(fid, TRAINER_ROLE);
        vm.stopPrank();
        playRound();
        coordinator.unbond(fid, trainers[2]);
        vm.prank(trainers[2]);
        federationRegistry.join(fid, TRAINER_ROLE);
        MemberView memory m = lens.memberOf(fid, trainers[2]);
        assertTrue(m.hasIndex);
        assertEq(m.index, index);
    }

    /// @notice Section 2: a worker key acts in rounds, and never moves stake: it cannot leave.
    function test_workerKey_actsButCannotLeave() public {
        openRound();
        (address worker, uint256 key) = makeAddrAndKey("hot");
        bytes32 consent = keccak256(
            abi.encode(
                keccak256("Worker(address operator,address worker,uint256 nonce,uint256 deadline)"),
                trainers[0],
                worker,
                uint256(0),
                block.timestamp
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, _digest("Parley ParticipantRegistry", address(registry), consent));
        vm.prank(trainers[0]);
        registry.nameWorker(worker, block.timestamp, abi.encodePacked(r, s, v));
        bytes32 commitment = updateCommitment(1, trainers[0]);
        vm.prank(worker);
        coordinator.commitUpdate(fid, 1, commitment);
        assertTrue(lens.memberOf(fid, trainers[0]).committed);
        vm.prank(worker);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotMember.selector);
        coordinator.leaveFederation(fid);
    }

    /// @notice P-8: a closed federation plays its round out and opens no other; the sponsor takes the rest.
    function test_P8_close_windsUp() public {
        openRound();
        vm.prank(sponsor);
        coordinator.close(fid);
        Header memory header = playToSettlement();
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        assertPhase(Phase.Closed);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_Closed.selector);
        coordinator.advance(fid, noHeader());
        (,, uint256 free, uint256 reserved, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(reserved, 0);
        assertEq(owed, header.earned);
        vm.prank(sponsor);
        rewardVault.withdraw(fid, free, sponsor);
        assertEq(token.balanceOf(address(rewardVault)), owed);
    }

    /// @notice P-8: what keeps an idle federation from opening is named.
    function test_P8_advance_idleNamesWhatIsMissing() public {
        vm.prank(evaluators[0]);
        coordinator.leaveFederation(fid);
        vm.prank(evaluators[1]);
        coordinator.leaveFederation(fid);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_MembersMissing.selector, 4, 2, 3));
        coordinator.advance(fid, noHeader());
        join("replacement", EVALUATOR_ROLE);
        (,, uint256 free,,) = rewardVault.booksOf(fid);
        vm.prank(sponsor);
        rewardVault.withdraw(fid, free - 1, sponsor);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_BudgetTooSmall.selector, fid, 1000e18)
        );
        coordinator.advance(fid, noHeader());
        FederationView memory f = lens.federationOf(fid);
        assertFalse(f.live);
        assertEq(f.round, 0);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _seats() private view returns (address[4] memory seats) {
        for (uint256 i; i < 4; ++i) {
            MemberView memory m = lens.memberOf(fid, evaluators[i]);
            if (m.seated) seats[m.seat] = evaluators[i];
        }
    }

    /// @dev P-27, written anew: a bitmap instead of a search.
    function _draw(bytes32 seed, uint256 size, uint256 seats) private pure returns (uint256[] memory drawn) {
        drawn = new uint256[](seats);
        uint256 taken;
        uint256 found;
        for (uint256 d; found < seats; ++d) {
            uint256 value = uint256(keccak256(bytes.concat(seed, bytes32(d)))) % size;
            if (taken >> value & 1 == 0) drawn[found++] = value;
            taken |= 1 << value;
        }
    }

    function _digest(string memory name, address verifier, bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, structHash));
    }
}
