// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IStakeVault} from "../../contracts/interfaces/IStakeVault.sol";
import {FalseToken} from "./mocks/FalseToken.sol";
import {FeeToken} from "./mocks/FeeToken.sol";
import {IMintable} from "./mocks/IMintable.sol";
import {NoReturnToken} from "./mocks/NoReturnToken.sol";
import {RebasingToken} from "./mocks/RebasingToken.sol";
import {ReentrantReceiver} from "./mocks/ReentrantReceiver.sol";
import {ITokenHook, ReentrantToken} from "./mocks/ReentrantToken.sol";
import {StakeFixture} from "./mocks/StakeFixture.sol";

/// @title StakeVaultTokensTest
/// @notice Stakes and bonds in hostile tokens: conserved all the same (P-17; F-4, F-5, F-7).
contract StakeVaultTokensTest is StakeFixture {
    /* ---------------------------------------- HOSTILE TOKENS -------------------------------------- */

    /// @notice P-17, F-4: what arrived is credited, not what was sent.
    function testFuzz_P17_feeToken_creditsWhatArrived(uint256 amount, uint256 feeBps) public {
        FeeToken fee = new FeeToken(bound(feeBps, 0, 9999));
        amount = bound(amount, 1e6, 1e24);
        uint256 arrives = amount - (amount * fee.feeBps() + 9999) / 10_000;
        _depositOf(address(fee), alice, amount);
        (uint256 free,) = vault.accountOf(address(fee), alice);
        assertEq(free, arrives);
        assertEq(fee.balanceOf(address(vault)), arrives);
        vm.prank(alice);
        vault.withdraw(address(fee), arrives, alice);
        assertEq(fee.balanceOf(address(vault)), 0);
    }

    /// @notice F-4: if the fee takes all, nothing is credited.
    function test_RevertWhen_feeToken_takesAll() public {
        FeeToken fee = new FeeToken(10_000);
        fee.mint(alice, 10);
        vm.startPrank(alice);
        fee.approve(address(vault), 10);
        vm.expectRevert(IStakeVault.StakeVault_NothingToMove.selector);
        vault.deposit(address(fee), alice, 10);
    }

    /// @notice F-4: a token without return values goes in, out and into the fire.
    function test_P17_noReturnToken() public {
        NoReturnToken mute = new NoReturnToken();
        _depositOf(address(mute), alice, 1000);
        vm.startPrank(coordinator);
        vault.lock(address(mute), alice, 400);
        vault.slash(address(mute), alice, 400, bob);
        vm.stopPrank();
        vault.burn(address(mute));
        vm.prank(alice);
        vault.withdraw(address(mute), 600, alice);
        vm.prank(bob);
        vault.withdraw(address(mute), 200, bob);
        assertEq(mute.balanceOf(alice), 600);
        assertEq(mute.balanceOf(bob), 200);
        assertEq(mute.balanceOf(BURN_ADDRESS), 200);
        assertEq(mute.balanceOf(address(vault)), 0);
    }

    /// @notice F-4: a token that returns false has moved nothing, and nothing is credited, debited or burned.
    function test_RevertWhen_falseToken() public {
        FalseToken liar = new FalseToken();
        _depositOf(address(liar), alice, 1000);
        vm.startPrank(coordinator);
        vault.lock(address(liar), alice, 10);
        vault.slash(address(liar), alice, 10, address(0));
        vm.stopPrank();
        liar.setFails(true);
        bytes memory failure = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(liar));
        vm.startPrank(alice);
        vm.expectRevert(failure);
        vault.deposit(address(liar), alice, 0);
        vm.expectRevert(failure);
        vault.withdraw(address(liar), 990, alice);
        vm.expectRevert(failure);
        vault.burn(address(liar));
        (uint256 free,) = vault.accountOf(address(liar), alice);
        assertEq(free, 990);
        assertEq(vault.toBurn(address(liar)), 10);
        liar.setFails(false);
        vault.withdraw(address(liar), 990, alice);
        assertEq(liar.balanceOf(alice), 990);
    }

    /// @notice F-7: a rebase changes no account; a gain is nobody's, after a loss the vault pays while it can, and no
    /// other token is touched.
    function test_P17_rebasingToken_harmsNobodyElse() public {
        RebasingToken elastic = new RebasingToken();
        _depositOf(address(elastic), alice, 1000);
        _depositOf(address(elastic), bob, 1000);
        _deposit(alice, 1000);
        elastic.rebase(2e18);
        (uint256 free,) = vault.accountOf(address(elastic), alice);
        assertEq(free, 1000);
        elastic.rebase(0.5e18);
        vm.prank(alice);
        vault.withdraw(address(elastic), 1000, alice);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(RebasingToken.RebasingToken_TooSmall.selector, 0, 1000));
        vault.withdraw(address(elastic), 1000, bob);
        _withdraw(alice, 1000, alice);
        assertEq(token.balanceOf(alice), 1000);
    }

    /// @notice F-7: a rebase between two deposits is not credited to the second.
    function testFuzz_P17_rebasingToken_gainIsNotCredited(uint256 index) public {
        RebasingToken elastic = new RebasingToken();
        _depositOf(address(elastic), alice, 1e18);
        elastic.rebase(bound(index, 1e18, 1e24));
        _depositOf(address(elastic), bob, 1e18);
        (uint256 free,) = vault.accountOf(address(elastic), bob);
        assertApproxEqAbs(free, 1e18, elastic.index() / 1e18 + 1); // rounding of one share
        (free,) = vault.accountOf(address(elastic), alice);
        assertEq(free, 1e18);
    }

    /* ------------------------------------------ RE-ENTRANCE --------------------------------------- */

    /// @notice F-5: a deposit inside a deposit would count one transfer twice; it is refused.
    function test_P17_reentrant_depositInDeposit() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief(1000);
        thief.arm(address(vault), abi.encodeCall(vault.deposit, (address(evil), address(thief), 10)));
        thief.execute(address(vault), abi.encodeCall(vault.deposit, (address(evil), address(thief), 100)));
        _assertCaught(evil, thief, 100);
    }

    /// @notice F-5: a withdrawal inside a withdrawal is refused.
    function test_P17_reentrant_withdrawInWithdraw() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief(1000);
        thief.execute(address(vault), abi.encodeCall(vault.deposit, (address(evil), address(thief), 100)));
        thief.arm(address(vault), abi.encodeCall(vault.withdraw, (address(evil), 60, address(thief))));
        thief.execute(address(vault), abi.encodeCall(vault.withdraw, (address(evil), 60, address(thief))));
        _assertCaught(evil, thief, 40);
        assertEq(evil.balanceOf(address(thief)), 960);
    }

    /// @notice F-5: a withdrawal inside a deposit would make the deposit look smaller, a burn likewise; both are refused.
    function test_P17_reentrant_withdrawAndBurnInDeposit() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief(1000);
        bytes memory deposit = abi.encodeCall(vault.deposit, (address(evil), address(thief), 100));
        thief.execute(address(vault), deposit);
        vm.startPrank(coordinator);
        vault.lock(address(evil), address(thief), 10);
        vault.slash(address(evil), address(thief), 10, address(0));
        vm.stopPrank();
        thief.arm(address(vault), abi.encodeCall(vault.withdraw, (address(evil), 90, address(thief))));
        thief.execute(address(vault), deposit);
        _assertCaught(evil, thief, 190);
        thief.arm(address(vault), abi.encodeCall(vault.burn, (address(evil))));
        thief.execute(address(vault), deposit);
        _assertCaught(evil, thief, 290);
        vault.burn(address(evil));
        assertEq(evil.balanceOf(BURN_ADDRESS), 10);
    }

    /// @notice F-5: a hostile token cannot reach another token's balances either.
    function test_P17_reentrant_otherToken() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief(1000);
        _deposit(alice, address(thief), 500);
        thief.arm(address(vault), abi.encodeCall(vault.withdraw, (address(token), 500, address(thief))));
        thief.execute(address(vault), abi.encodeCall(vault.deposit, (address(evil), address(thief), 100)));
        _assertCaught(evil, thief, 100);
        _assertAccount(address(thief), 500, 0);
    }

    /// @notice F-5: a transfer made inside a deposit counts once, for the deposit: no more is credited than arrived.
    function test_P17_reentrant_donationInDeposit() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief(1000);
        thief.arm(address(evil), abi.encodeCall(evil.transfer, (address(vault), 7)));
        thief.execute(address(vault), abi.encodeCall(vault.deposit, (address(evil), address(thief), 100)));
        (uint256 free,) = vault.accountOf(address(evil), address(thief));
        assertEq(free, 114); // 7 before and 7 after
        assertEq(evil.balanceOf(address(vault)), 5000 + 114);
    }

    /* ----------------------------------------- CONSERVATION --------------------------------------- */

    /// @notice P-17: for plain, fee, mute and re-entrant tokens alike, whatever is done in whatever order, the vault
    /// holds exactly what it owes.
    function testFuzz_P17_conserved(uint256[24] memory steps) public {
        address[4] memory tokens = [address(token), address(new FeeToken(123)), address(0), address(0)];
        tokens[2] = address(new NoReturnToken());
        ReentrantReceiver hook = new ReentrantReceiver();
        ReentrantToken evil = new ReentrantToken();
        evil.setHook(hook);
        hook.arm(address(vault), abi.encodeCall(vault.burn, (address(token))));
        tokens[3] = address(evil);
        for (uint256 i; i < steps.length; ++i) {
            address one = tokens[steps[i] & 3];
            _step(one, (steps[i] >> 2) & 1 == 0 ? alice : bob, (steps[i] >> 8) % 6, steps[i] >> 16);
            assertEq(IMintable(one).balanceOf(address(vault)), _owed(one));
        }
        for (uint256 i; i < tokens.length; ++i) {
            assertEq(IMintable(tokens[i]).balanceOf(address(vault)), _owed(tokens[i]));
        }
        assertEq(hook.successes(), 0);
    }

    function _step(address one, address who, uint256 action, uint256 amount) private {
        (uint256 free, uint256 locked) = vault.accountOf(one, who);
        if (action == 0) return _depositOf(one, who, bound(amount, 100, 1e24));
        if (action == 1 && free != 0) {
            vm.prank(who);
            return vault.withdraw(one, bound(amount, 1, free), who);
        }
        if (action == 5 && vault.toBurn(one) != 0) return vault.burn(one);
        vm.startPrank(coordinator);
        if (action == 2) vault.lock(one, who, bound(amount, 0, free));
        if (action == 3) vault.unlock(one, who, bound(amount, 0, locked));
        if (action == 4) vault.slash(one, who, bound(amount, 0, locked), amount & 1 == 0 ? address(0) : bob);
        vm.stopPrank();
    }

    function _owed(address one) private view returns (uint256) {
        (uint256 aliceFree, uint256 aliceLocked) = vault.accountOf(one, alice);
        (uint256 bobFree, uint256 bobLocked) = vault.accountOf(one, bob);
        return aliceFree + aliceLocked + bobFree + bobLocked + vault.toBurn(one);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    /// @dev Mints, approves and deposits any of the tokens.
    function _depositOf(address one, address who, uint256 amount) private {
        IMintable(one).mint(who, amount);
        vm.startPrank(who);
        (bool ok,) = one.call(abi.encodeCall(IMintable.approve, (address(vault), amount)));
        assertTrue(ok);
        vault.deposit(one, who, amount);
        vm.stopPrank();
    }

    /// @dev A thief with tokens of its own making, which call it back, approved to the vault; an honest depositor is in.
    function _thief(uint256 amount) private returns (ReentrantToken evil, ReentrantReceiver thief) {
        evil = new ReentrantToken();
        thief = new ReentrantReceiver();
        _depositOf(address(evil), alice, 5000);
        evil.mint(address(thief), amount);
        evil.setHook(ITokenHook(address(thief)));
        thief.execute(address(evil), abi.encodeCall(evil.approve, (address(vault), type(uint256).max)));
    }

    /// @dev Each attempt ran into the guard; the thief has `free`, the vault that and Alice's 5000 and what is to burn.
    function _assertCaught(ReentrantToken evil, ReentrantReceiver thief, uint256 free) private view {
        assertGt(thief.attempts(), 0);
        assertEq(thief.successes(), 0);
        assertEq(
            thief.lastAnswer(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        (uint256 actual,) = vault.accountOf(address(evil), address(thief));
        assertEq(actual, free);
        assertEq(evil.balanceOf(address(vault)), free + 5000 + vault.toBurn(address(evil)));
    }
}
