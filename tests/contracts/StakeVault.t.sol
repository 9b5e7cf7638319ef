// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ParleyToken} from "../../contracts/ParleyToken.sol";
import {IStakeVault} from "../../contracts/interfaces/IStakeVault.sol";
import {NoReturnToken} from "./mocks/NoReturnToken.sol";
import {StakeFixture} from "./mocks/StakeFixture.sol";

/// @title StakeVaultTest
/// @notice Stakes and bonds with a plain token (section 3, P-16, P-17; F-2, F-3, F-6, F-7).
contract StakeVaultTest is StakeFixture {
    uint256 private constant MAX96 = type(uint96).max;

    /* ------------------------------------------- DEPOSIT ------------------------------------------ */

    /// @notice P-17: what came in is free balance of the operator, and there.
    function testFuzz_P17_deposit(uint256 amount) public {
        amount = bound(amount, 1, 1000);
        vm.expectEmit(address(vault));
        emit IStakeVault.Deposited(address(token), alice, amount);
        _deposit(alice, amount);
        _assertAccount(alice, amount, 0);
        assertEq(token.balanceOf(address(vault)), amount);
        assertEq(token.balanceOf(alice), 1000 - amount);
    }

    /// @notice Anybody may deposit for an operator; the operator alone has it then.
    function test_deposit_forAnother() public {
        _deposit(alice, bob, 600);
        _assertAccount(bob, 600, 0);
        _assertAccount(alice, 0, 0);
        _expectTooSmall(0, 1);
        _withdraw(alice, 1, alice);
    }

    function test_RevertWhen_deposit_forNobody() public {
        vm.expectRevert(IStakeVault.StakeVault_ZeroAddress.selector);
        _deposit(alice, address(0), 1);
    }

    function test_RevertWhen_deposit_nothing() public {
        vm.expectRevert(IStakeVault.StakeVault_NothingToMove.selector);
        _deposit(alice, 0);
    }

    function test_RevertWhen_deposit_notApproved() public {
        vm.prank(alice);
        token.approve(address(vault), 9);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 9, 10));
        vm.prank(alice);
        vault.deposit(address(token), alice, 10);
    }

    /// @notice F-29: an address without code is no token.
    function test_RevertWhen_deposit_noToken() public {
        vm.expectRevert();
        vm.prank(alice);
        vault.deposit(makeAddr("nothing here"), alice, 10);
    }

    /// @notice P-17: a free balance holds 2**96 - 1 and not one more, in one deposit or in two.
    function test_deposit_atTheLimit() public {
        _give(alice, MAX96);
        _deposit(alice, MAX96);
        _assertAccount(alice, MAX96, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_BalanceTooLarge.selector, MAX96 + 1, MAX96));
        _deposit(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_BalanceTooLarge.selector, MAX96 + 1, MAX96));
        _deposit(bob, alice, 1);
    }

    /// @notice P-17: an amount beyond 128 bits is refused, not cut off.
    function testFuzz_RevertWhen_deposit_tooLarge(uint256 amount) public {
        NoReturnToken huge = new NoReturnToken();
        amount = bound(amount, MAX96 + 1, type(uint256).max);
        huge.mint(alice, amount);
        vm.startPrank(alice);
        huge.approve(address(vault), amount);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_BalanceTooLarge.selector, amount, MAX96));
        vault.deposit(address(huge), alice, amount);
    }

    /// @notice F-7: tokens sent without a deposit belong to nobody and change no account.
    function testFuzz_P17_donation_changesNothing(uint256 amount) public {
        _deposit(alice, 10);
        amount = bound(amount, 1, 1e27);
        assertTrue(token.transfer(address(vault), amount));
        _assertAccount(alice, 10, 0);
        assertEq(vault.toBurn(address(token)), 0);
        _expectTooSmall(10, 11);
        _withdraw(alice, 11, alice);
    }

    /* ------------------------------------------- WITHDRAW ----------------------------------------- */

    /// @notice P-17: free balance goes out, to whom the operator says.
    function testFuzz_P17_withdraw(uint256 amount) public {
        amount = bound(amount, 1, 1000);
        _deposit(alice, 1000);
        vm.expectEmit(address(vault));
        emit IStakeVault.Withdrawn(address(token), alice, bob, amount);
        _withdraw(alice, amount, bob);
        _assertAccount(alice, 1000 - amount, 0);
        assertEq(token.balanceOf(bob), 1000 + amount);
        assertEq(token.balanceOf(address(vault)), 1000 - amount);
    }

    /// @notice F-6: in and out again never profits, however small the steps.
    function testFuzz_P17_depositAndWithdraw_neverProfits(uint16[8] memory amounts) public {
        for (uint256 i; i < amounts.length; ++i) {
            uint256 amount = bound(amounts[i], 1, 1000);
            _deposit(alice, amount);
            _withdraw(alice, amount, alice);
        }
        assertEq(token.balanceOf(alice), 1000);
        assertEq(token.balanceOf(address(vault)), 0);
    }

    function test_RevertWhen_withdraw_tooMuch() public {
        _deposit(alice, 10);
        _deposit(bob, 10);
        _expectTooSmall(10, 11);
        _withdraw(alice, 11, alice);
    }

    /// @notice P-17: an amount that would wrap round is refused.
    function testFuzz_RevertWhen_withdraw_anyAmountAbove(uint256 amount) public {
        amount = bound(amount, 11, type(uint256).max);
        _deposit(alice, 10);
        _expectTooSmall(10, amount);
        _withdraw(alice, amount, alice);
    }

    /// @notice F-3: what is locked cannot be withdrawn.
    function test_RevertWhen_withdraw_locked() public {
        _deposit(alice, 10);
        _lock(alice, 4);
        _expectTooSmall(6, 7);
        _withdraw(alice, 7, alice);
        _withdraw(alice, 6, alice);
        _assertAccount(alice, 0, 4);
    }

    function test_RevertWhen_withdraw_toNobody() public {
        _deposit(alice, 10);
        vm.expectRevert(IStakeVault.StakeVault_ZeroAddress.selector);
        _withdraw(alice, 10, address(0));
    }

    function test_RevertWhen_withdraw_nothing() public {
        vm.expectRevert(IStakeVault.StakeVault_NothingToMove.selector);
        _withdraw(alice, 0, alice);
    }

    /// @notice P-17: one token's balance is not another's.
    function test_RevertWhen_withdraw_ofAnotherToken() public {
        ParleyToken other = new ParleyToken(address(vault), 1000);
        _deposit(alice, 10);
        _expectTooSmall(0, 10);
        vm.prank(alice);
        vault.withdraw(address(other), 10, alice);
    }

    /* -------------------------------------- LOCK, UNLOCK, SLASH ----------------------------------- */

    /// @notice P-17: locking and unlocking move between the halves of an account, nothing else.
    function testFuzz_P17_lockAndUnlock(uint256 locked, uint256 unlocked) public {
        locked = bound(locked, 0, 1000);
        unlocked = bound(unlocked, 0, locked);
        _deposit(alice, 1000);
        vm.expectEmit(address(vault));
        emit IStakeVault.Locked(address(token), alice, locked);
        _lock(alice, locked);
        _assertAccount(alice, 1000 - locked, locked);
        vm.expectEmit(address(vault));
        emit IStakeVault.Unlocked(address(token), alice, unlocked);
        _unlock(alice, unlocked);
        _assertAccount(alice, 1000 - locked + unlocked, locked - unlocked);
        assertEq(token.balanceOf(address(vault)), 1000);
    }

    /// @notice F-3: nobody locks more than is free.
    function testFuzz_RevertWhen_lock_tooMuch(uint256 amount) public {
        amount = bound(amount, 11, type(uint256).max);
        _deposit(alice, 10);
        _expectTooSmall(10, amount);
        _lock(alice, amount);
    }

    function testFuzz_RevertWhen_unlock_tooMuch(uint256 amount) public {
        amount = bound(amount, 5, type(uint256).max);
        _deposit(alice, 10);
        _lock(alice, 4);
        _expectTooSmall(4, amount);
        _unlock(alice, amount);
    }

    /// @notice P-16: the floor of a half to the prover, the rest to be burned; nothing is made or lost.
    function testFuzz_P16_slash_halfToTheProver(uint256 amount) public {
        amount = bound(amount, 0, 1000);
        _deposit(alice, 1000);
        _lock(alice, 1000);
        vm.expectEmit(address(vault));
        emit IStakeVault.Slashed(address(token), alice, bob, amount);
        _slash(alice, amount, bob);
        _assertAccount(alice, 0, 1000 - amount);
        _assertAccount(bob, amount / 2, 0);
        assertEq(vault.toBurn(address(token)), amount - amount / 2);
    }

    /// @notice P-16: without a prover all of it is burned.
    function testFuzz_P16_slash_nobodyProved(uint256 amount) public {
        amount = bound(amount, 0, 1000);
        _deposit(alice, 1000);
        _lock(alice, 1000);
        vm.expectEmit(address(vault));
        emit IStakeVault.Slashed(address(token), alice, address(0), amount);
        _slash(alice, amount, address(0));
        _assertAccount(address(0), 0, 0);
        assertEq(vault.toBurn(address(token)), amount);
    }

    /// @notice P-16: whoever proves its own guilt loses half all the same.
    function test_P16_slash_proverIsTheSlashed() public {
        _deposit(alice, 1000);
        _lock(alice, 101);
        _slash(alice, 101, alice);
        _assertAccount(alice, 899 + 50, 0);
        assertEq(vault.toBurn(address(token)), 51);
    }

    /// @notice P-17: sum of slashed <= stake, however it is cut up.
    function testFuzz_P17_slash_neverMoreThanLocked(uint16[8] memory amounts) public {
        _deposit(alice, 1000);
        _lock(alice, 400);
        uint256 left = 400;
        for (uint256 i; i < amounts.length; ++i) {
            uint256 amount = amounts[i] % 150;
            if (amount > left) _expectTooSmall(left, amount);
            else left -= amount;
            _slash(alice, amount, bob);
            _assertAccount(alice, 600, left);
        }
    }

    /// @notice F-2: free balance cannot be slashed.
    function test_RevertWhen_slash_freeOnly() public {
        _deposit(alice, 10);
        _expectTooSmall(0, 1);
        _slash(alice, 1, bob);
    }

    /// @notice P-16: a full account can still take a prover's reward, and pay it out.
    function test_P16_slash_intoAFullAccount() public {
        _give(bob, MAX96);
        _deposit(bob, MAX96);
        _deposit(alice, 1000);
        _lock(alice, 1000);
        _slash(alice, 1000, bob);
        _assertAccount(bob, MAX96 + 500, 0);
        _withdraw(bob, MAX96 + 500, bob);
        assertEq(token.balanceOf(address(vault)), 500);
    }

    /// @notice F-48: nobody but the coordinator locks, unlocks and slashes.
    function testFuzz_RevertWhen_notCoordinator(address caller) public {
        vm.assume(caller != coordinator);
        _deposit(alice, 10);
        _lock(alice, 5);
        vm.startPrank(caller);
        _expectUnauthorised(caller);
        vault.lock(address(token), alice, 1);
        _expectUnauthorised(caller);
        vault.unlock(address(token), alice, 1);
        _expectUnauthorised(caller);
        vault.slash(address(token), alice, 1, caller);
        vm.stopPrank();
        _assertAccount(alice, 5, 5);
    }

    /// @notice Section 3: the coordinator is fixed at deployment.
    function test_coordinator() public view {
        assertEq(vault.coordinator(), coordinator);
    }

    /* -------------------------------------------- BURN -------------------------------------------- */

    /// @notice P-16: anybody sends what was slashed to the burn address, once.
    function test_P16_burn() public {
        _deposit(alice, 100);
        _lock(alice, 100);
        _slash(alice, 31, bob);
        vm.expectEmit(address(vault));
        emit IStakeVault.Burned(address(token), 16);
        vm.prank(makeAddr("anybody"));
        vault.burn(address(token));
        assertEq(token.balanceOf(BURN_ADDRESS), 16);
        assertEq(vault.toBurn(address(token)), 0);
        vm.expectRevert(IStakeVault.StakeVault_NothingToMove.selector);
        vault.burn(address(token));
    }

    function test_RevertWhen_burn_nothing() public {
        _deposit(alice, 100);
        vm.expectRevert(IStakeVault.StakeVault_NothingToMove.selector);
        vault.burn(address(token));
        assertEq(token.balanceOf(address(vault)), 100);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _lock(address who, uint256 amount) private {
        vm.prank(coordinator);
        vault.lock(address(token), who, amount);
    }

    function _unlock(address who, uint256 amount) private {
        vm.prank(coordinator);
        vault.unlock(address(token), who, amount);
    }

    function _slash(address who, uint256 amount, address prover) private {
        vm.prank(coordinator);
        vault.slash(address(token), who, amount, prover);
    }

    function _expectTooSmall(uint256 balance, uint256 needed) private {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_BalanceTooSmall.selector, balance, needed));
    }

    function _expectUnauthorised(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_Unauthorised.selector, caller));
    }
}
