// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {ParleyToken} from "../../../contracts/ParleyToken.sol";
import {RewardVault} from "../../../contracts/RewardVault.sol";
import {RoundLens} from "../../../contracts/RoundLens.sol";
import {StakeVault} from "../../../contracts/StakeVault.sol";
import {RoundView} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Handler} from "./Handler.sol";

/// @notice What holds whatever anybody does in whatever order; README.md of this folder says it in mathematics.
contract ConservationTest is Test {
    Handler internal handler;
    ParleyToken internal token;
    StakeVault internal stakeVault;
    RewardVault internal rewardVault;
    RoundLens internal lens;
    uint256 internal fid;

    function setUp() public {
        handler = new Handler();
        (address t, address s, address r,, address l) = handler.contracts();
        (token, stakeVault, rewardVault, lens) = (ParleyToken(t), StakeVault(s), RewardVault(r), RoundLens(l));
        fid = handler.fidOf();
        targetContract(address(handler));
        bytes4[] memory excluded = new bytes4[](1);
        excluded[0] = Handler.endByPokes.selector;
        excludeSelector(FuzzSelector({addr: address(handler), selectors: excluded}));
    }

    /// @notice P-17, I-1, F-5, F-7, F-32: the reward vault holds exactly what it owes.
    function invariant_P17_rewardVaultHoldsWhatItOwes() public view {
        (,, uint256 free, uint256 reserved, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(token.balanceOf(address(rewardVault)), free + reserved + owed);
    }

    /// @notice P-17, I-2: what came in is what is there and what went out.
    function invariant_P17_budgetIsConserved() public view {
        (,, uint256 free, uint256 reserved, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(handler.funded(), free + reserved + owed + handler.claimed() + handler.withdrawn());
    }

    /// @notice P-12, I-3: owed and claimed is exactly what final rounds earned.
    function invariant_P12_owedAndClaimedIsEarned() public view {
        (,,,, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(owed + handler.claimed(), handler.earned());
    }

    /// @notice P-17, I-4: the stake vault holds exactly what it owes.
    function invariant_P17_stakeVaultHoldsWhatItOwes() public view {
        uint256 sum = stakeVault.toBurn(address(token));
        for (uint256 i; i < handler.count(); ++i) {
            (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), handler.operators(i));
            sum += free + locked;
        }
        assertEq(token.balanceOf(address(stakeVault)), sum);
    }

    /// @notice P-17, I-5, F-3: what is locked is a membership's stake or an outstanding bond, to the wei.
    function invariant_P17_lockedIsStakeAndBond() public view {
        for (uint256 i; i < handler.count(); ++i) {
            address operator = handler.operators(i);
            (, uint256 locked) = stakeVault.accountOf(address(token), operator);
            assertEq(locked, lens.memberOf(fid, operator).stake + handler.bonded(operator));
        }
    }

    /// @notice P-17, I-6, F-42: of what was slashed at most half was paid, the rest is burned or waits to be.
    function invariant_P17_slashedIsPaidOrBurned() public view {
        assertEq(handler.slashed(), handler.rewarded() + handler.burned() + stakeVault.toBurn(address(token)));
        assertLe(handler.rewarded() * 2, handler.slashed());
    }

    /// @notice P-10, I-7, F-27: phases only go forward; rounds count up by one.
    function invariant_P10_transitionsAreLegal() public view {
        assertFalse(handler.illegalTransition());
    }

    /// @notice P-13, I-8, F-19: counts stay within what is expected, so that no field of the round's word overflows.
    function invariant_P13_countsAreBounded() public view {
        RoundView memory r = lens.roundOf(fid);
        assertLe(r.committed, r.trainers);
        assertLe(r.revealed, r.committed);
        assertLe(r.scoresCommitted, r.seats);
        assertLe(r.scoresRevealed, r.scoresCommitted);
        assertLe(r.turn, 4 + 1);
    }

    /// @notice P-10, I-9: no state lasts for ever: time and one poke end any round.
    function afterInvariant() public {
        if (!lens.federationOf(fid).live) return;
        assertLe(handler.endByPokes(), 1);
    }

    /// @notice The handlers really reach final rounds, void rounds and convictions: the invariants are not vacuous.
    function test_handlersReachEverything() public {
        for (uint256 i; i < handler.count(); ++i) {
            handler.enter(i, 7);
        }
        handler.advance();
        handler.passTime(40);
        assertEq(lens.roundOf(fid).round, 1);
        handler.passTime(60);
        handler.advance(); // void: nobody committed
        assertEq(lens.roundOf(fid).round, 2);
        handler.passTime(3);
        _playToSettlement();
        handler.convict(3, false);
        assertEq(handler.slashed(), 500e18);
        handler.postSettlement(2, 700e18);
        handler.passTime(7);
        handler.advance();
        assertEq(handler.earned(), 700e18);
        handler.claim(2);
        assertEq(handler.claimed(), 700e18);
    }

    function _playToSettlement() private {
        for (uint256 i; i < handler.count(); ++i) {
            handler.commit(i);
        }
        handler.passTime(1);
        for (uint256 i; i < handler.count(); ++i) {
            handler.reveal(i);
        }
        handler.passTime(1);
        handler.openShard();
        handler.passTime(1);
        for (uint256 i; i < handler.count(); ++i) {
            handler.score(i);
        }
        handler.passTime(1);
        for (uint256 i; i < handler.count(); ++i) {
            handler.revealScore(i);
        }
        handler.passTime(1);
        handler.postSettlement(2, 700e18);
    }
}
