// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../../contracts/interfaces/IDisputes.sol";
import {Header, MemberView, Policy, Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {DisputesBase, Work} from "./utils/DisputesBase.sol";

/// @title DisputesDrawnTest
/// @notice A panel of four drawn from seven evaluators, of whom one seated does not reveal and others come and go meanwhile: the
/// contract finds seats, votes and leaves by itself (P-27, section 7).
contract DisputesDrawnTest is DisputesBase {
    uint256 internal constant SEATS = 4;
    uint256 internal constant SILENT = 1;

    address internal aggregator;
    address[] internal unseated;
    address internal silent;
    Work internal right;

    function setUp() public {
        rule = Rule.Mean;
        setUpFederation(5, 7, 2);
        oldModel = previousModel = wordsOf("genesis", address(0), 0);
        openRound();
        address[] memory all = evaluators;
        // rosters move under the round: who leaves or joins now changes nobody's seat in it
        vm.prank(all[0]);
        coordinator.leaveFederation(fid);
        join("latecomer", EVALUATOR_ROLE);
        _seat(all);
        trainAll();
        _scoreWithoutTheSilent();
        aggregator = aggregatorOf(0);
        right = honest(aggregator);
    }

    function defaultPolicy() internal view override returns (Policy memory policy) {
        policy = super.defaultPolicy();
        policy.seats = uint8(SEATS);
    }

    /// @dev Leaves those in `evaluators` who will reveal, in the order of their seats.
    function _seat(address[] memory all) internal {
        address[SEATS] memory seats;
        for (uint256 i; i < all.length; ++i) {
            MemberView memory m = lens.memberOf(fid, all[i]);
            if (m.seated) seats[m.seat] = all[i];
            else unseated.push(all[i]);
        }
        evaluators = new address[](0);
        for (uint256 seat; seat < SEATS; ++seat) {
            assertTrue(seats[seat] != address(0), "every seat is taken");
            if (seat == SILENT) silent = seats[seat];
            else evaluators.push(seats[seat]);
        }
    }

    function _scoreWithoutTheSilent() internal {
        openValidation();
        tick();
        commitScores(silent);
        for (uint256 i; i < evaluators.length; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        for (uint256 i; i < evaluators.length; ++i) {
            revealScores(evaluators[i]);
        }
        vm.warp(lens.roundOf(fid).scoreRevealEnd);
    }

    function test_DrawnPanel_RightSettlementStands() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        bytes4 refusal = IDisputes.Disputes_NothingWrong.selector;
        for (uint256 i; i <= trainers.length; ++i) {
            assertRefused(medianCall(h, w, i), refusal);
        }
        for (uint256 m; m < 1 << REWARD_DEPTH; ++m) {
            assertRefused(rewardCall(h, w, m), refusal);
        }
        assertRefused(earnedCall(h, w), refusal);
    }

    /// @dev Two evaluators in each other's place: each leaf is wrong by itself.
    function test_DrawnPanel_SwappedSharesConvict() external {
        (uint256 a, uint256 b) = (indexOf(evaluators[0]), indexOf(evaluators[2]));
        assertTrue(right.cumulative[a] != right.cumulative[b], "they earn differently");
        for (uint256 i; i < 2; ++i) {
            uint256 state = vm.snapshotState();
            Work memory w = right;
            w.rewards[a] = leafOf(a, w.cumulative[b]);
            w.rewards[b] = leafOf(b, w.cumulative[a]);
            Header memory h = post(aggregator, w);
            assertConvicts(h, rewardCall(h, w, i == 0 ? a : b));
            vm.revertToState(state);
        }
    }

    /// @dev F-13: whoever did not reveal, or has no seat, is not on the ledger: paying it is a wrong leaf at a free
    /// index.
    function test_DrawnPanel_PayingTheSilentConvicts() external {
        Work memory w = right;
        uint256 free = ledger.length;
        w.rewards[free] = keccak256(abi.encodePacked(bytes1(0x01), silent, uint128(1e18)));
        Header memory h = post(aggregator, w);
        assertConvicts(h, rewardCall(h, w, free));
    }

    function test_DrawnPanel_RevertWhen_VectorsAreByAnotherOrder() external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        (w.vectors[1], w.vectors[2]) = (w.vectors[2], w.vectors[1]);
        assertRefused(medianCall(h, w, 0), IDisputes.Disputes_VectorMismatch.selector);
    }

    function test_DrawnPanel_WrongMedianConvicts() external {
        Work memory w = right;
        w.medians[1] ^= 0x01;
        Header memory h = post(aggregator, w);
        assertConvicts(h, medianCall(h, w, 0));
    }
}
