// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Disputes} from "../../../contracts/Disputes.sol";
import {ParleyToken} from "../../../contracts/ParleyToken.sol";
import {RewardVault} from "../../../contracts/RewardVault.sol";
import {RoundLens} from "../../../contracts/RoundLens.sol";
import {StakeVault} from "../../../contracts/StakeVault.sol";
import {Phase} from "../../../contracts/interfaces/ParleyTypes.sol";
import {CourtHandler} from "./CourtHandler.sol";

/// @notice What holds whatever liars, thieves and the silent do; README.md of this folder says it in mathematics.
contract CourtTest is Test {
    CourtHandler internal handler;
    ParleyToken internal token;
    StakeVault internal stakeVault;
    RewardVault internal rewardVault;
    Disputes internal court;
    RoundLens internal lens;
    uint256 internal fid;
    uint256 internal budget;

    function setUp() public {
        handler = CourtHandler(deployCode("CourtHandler.sol:CourtHandler"));
        (address t, address s, address r, address c, address l) = handler.contracts();
        (token, stakeVault, rewardVault) = (ParleyToken(t), StakeVault(s), RewardVault(r));
        (court, lens) = (Disputes(c), RoundLens(l));
        fid = handler.fidOf();
        budget = token.balanceOf(r);
        targetContract(address(handler));
        bytes4[12] memory handlers = [
            handler.passTime.selector,
            handler.beAMember.selector,
            handler.moveMoney.selector,
            handler.play.selector,
            handler.advance.selector,
            handler.postSettlement.selector,
            handler.prove.selector,
            handler.accuse.selector,
            handler.clip.selector,
            handler.demand.selector,
            handler.supply.selector,
            handler.expire.selector
        ];
        bytes4[] memory selectors = new bytes4[](handlers.length);
        for (uint256 i; i < handlers.length; ++i) {
            selectors[i] = handlers[i];
        }
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// @notice P-17, P-10, F-42: all of what follows, after every call.
    /// forge-config: default.invariant.depth = 64
    /// forge-config: ci.invariant.runs = 64
    /// forge-config: ci.invariant.depth = 64
    /// forge-config: deep.invariant.runs = 10000
    /// forge-config: deep.invariant.depth = 48
    function invariant_P17_court() public view {
        _P17_rewardsAreConserved();
        _P17_everyAccountIsExact();
        _P17_slashedIsPaidOrBurned();
        _P17_etherIsConserved();
        _F35_innocentsAreSafe();
        _F36_nothingFalseIsFinal();
        _F42_noDoubleSlash();
        _P17_coalitionLoses();
        _P10_transitionsAreLegal();
    }

    /* -------------------------------------------- MONEY ------------------------------------------- */

    /// @notice P-17, F-5, F-32, J-1: the reward vault holds what it owes, and what came in is there or was claimed.
    function _P17_rewardsAreConserved() private view {
        (,, uint256 free, uint256 reserved, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(token.balanceOf(address(rewardVault)), free + reserved + owed);
        assertEq(budget, free + reserved + owed + handler.claimed());
        assertEq(owed + handler.claimed(), handler.earned());
    }

    /// @notice P-17, F-2, F-3, F-42, J-2: every account is what came in, less what went out and was slashed, plus rewards; what
    /// is locked is stake and bonds, to the wei. So nobody is slashed for more than it has, nor for what another did.
    function _P17_everyAccountIsExact() private view {
        for (uint256 i; i < handler.count(); ++i) {
            address operator = handler.operators(i);
            uint256 taken = handler.withdrawnStake(operator) + handler.slashedOf(operator);
            assertEq(handler.worth(operator) + taken, handler.STAKE() + handler.rewardedOf(operator));
            assertLe(handler.slashedOf(operator), handler.STAKE() + handler.rewardedOf(operator));
            (, uint256 locked) = stakeVault.accountOf(address(token), operator);
            assertEq(locked, lens.memberOf(fid, operator).stake + handler.bonded(operator));
        }
        assertEq(handler.worth(handler.watcher()), handler.rewardedOf(handler.watcher()));
        assertEq(handler.worth(handler.thief()), 0);
    }

    /// @notice P-17, F-37, J-3: of what was slashed at most half was paid, the rest is burned; the vault holds what it owes.
    function _P17_slashedIsPaidOrBurned() private view {
        uint256 toBurn = stakeVault.toBurn(address(token));
        assertEq(handler.slashed(), handler.rewarded() + handler.burned() + toBurn);
        assertLe(handler.rewarded() * 2, handler.slashed());
        uint256 sum = toBurn + handler.worth(handler.watcher());
        for (uint256 i; i < handler.count(); ++i) {
            sum += handler.worth(handler.operators(i));
        }
        assertEq(token.balanceOf(address(stakeVault)), sum);
    }

    /// @notice P-17, P-22, J-4: the disputes contract holds exactly the fees it has not paid out, and ETH is neither made nor lost.
    function _P17_etherIsConserved() private view {
        assertEq(address(court).balance, handler.heldFees() + handler.owedEther());
        (uint256 sum, uint256 expected) = handler.allEther();
        assertEq(sum, expected);
    }

    /* ------------------------------------------- VERDICTS ----------------------------------------- */

    /// @notice F-35, J-5: no call convicts a right settlement, and none slashes a trainer within the clip or one slashed before.
    function _F35_innocentsAreSafe() private view {
        assertFalse(handler.broken("truth is never convicted"));
        assertFalse(handler.broken("one slash for one violation"));
    }

    /// @notice F-36, F-2, F-8, J-6: every lie and every violation is convicted by the call that fits it, and nothing false is
    /// ever final, one honest watcher given.
    function _F36_nothingFalseIsFinal() private view {
        assertFalse(handler.broken("every lie is convictable"));
        assertFalse(handler.broken("every violation is slashed"));
        assertFalse(handler.broken("nothing false is final"));
        assertEq(lens.federationOf(fid).modelRoot, handler.finalModel());
    }

    /// @notice F-42, J-7: one conviction for one fault, and it leaves nothing behind.
    function _F42_noDoubleSlash() private view {
        assertFalse(handler.broken("no second conviction"));
        assertFalse(handler.broken("settlement deleted"));
        assertFalse(handler.broken("stake follows the slash"));
        assertFalse(handler.broken("member indices"));
    }

    /// @notice P-17, F-37, F-38, J-8: culprit and prover together, one or two, lose at least half of what is slashed; a thief of
    /// proofs gets nothing.
    function _P17_coalitionLoses() private view {
        assertFalse(handler.broken("coalition loses half"));
    }

    /* -------------------------------------------- STATES ------------------------------------------ */

    /// @notice P-10, F-27, F-41, J-9: phases only go forward but for a conviction; rounds count up by one.
    function _P10_transitionsAreLegal() private view {
        assertFalse(handler.illegalTransition());
    }

    /// @notice P-10, F-25, J-10: no state lasts for ever: time, one expiry and one `advance` end any round.
    function afterInvariant() public {
        if (lens.federationOf(fid).live) assertLe(handler.endByPokes(), 2);
    }

    /* -------------------------------------------- REACH ------------------------------------------- */

    /// @notice The handlers reach what they are for: the invariants are not vacuous.
    function test_handlersReachEverything() public {
        uint256 convictions;
        for (uint256 kind; kind < 9; ++kind) {
            _settleRound(kind);
            handler.prove(kind, 2 * kind);
            assertEq(handler.slashed(), ++convictions * 500e18, "a lie of every kind, in every way");
            _settleRound(10);
            handler.passTime(2);
            _finish();
        }
        assertGt(handler.rewarded(), 0);
        _settleRound(9); // withheld
        handler.passTime(6);
        assertEq(handler.calls("demanded"), 1, "the watcher");
        handler.expire(0);
        assertEq(handler.calls("expired"), 1);
        assertEq(handler.slashed(), ++convictions * 500e18);
        handler.release(0);
        assertEq(handler.calls("released"), 1);
        _settleRound(10);
        handler.demand(0, 0, 0, 0);
        handler.demand(4, 3, 0, 0);
        handler.supply(0, 0);
        handler.supply(0, 0);
        assertEq(handler.calls("supplied"), 2);
        _finish();
        _slashViolators();
        assertGt(handler.slashed(), convictions * 500e18, "clip");
    }

    function _slashViolators() private {
        handler.play(type(uint256).max, 5, 0);
        for (uint256 i; i < handler.count(); ++i) {
            handler.quit(i, 4);
            handler.rotateKey(i);
            handler.clip(i, i, 0, 0);
            handler.clip(i, 0, 0, 0);
        }
    }

    /// @dev A round that awaits its settlement gets one.
    function _settleRound(uint256 kind) private {
        for (uint256 i; i < 20 && lens.roundOf(fid).phase != Phase.Settle; ++i) {
            handler.advance();
            handler.play(0, 5, 0);
        }
        handler.postSettlement(kind, 0, 0, 0);
        assertTrue(lens.roundOf(fid).phase == Phase.Challenge);
    }

    function _finish() private {
        uint256 round = lens.roundOf(fid).round;
        for (uint256 i; i < 20 && lens.roundOf(fid).round == round; ++i) {
            handler.passTime(4);
            handler.advance();
        }
        assertEq(lens.roundOf(fid).round, round + 1);
    }
}
