// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {ParleyToken} from "../../../contracts/ParleyToken.sol";
import {StakeVault} from "../../../contracts/StakeVault.sol";

/// @title StakeFixture
/// @notice A stake vault by itself, in whose coordinator's name anybody may speak, and two depositors of 1000 each.
abstract contract StakeFixture is Test {
    address internal constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    StakeVault internal vault;
    ParleyToken internal token;
    address internal coordinator = makeAddr("coordinator");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");

    function setUp() public {
        vault = new StakeVault(coordinator);
        token = new ParleyToken(address(this), 1e30);
        _give(alice, 1000);
        _give(bob, 1000);
        vm.prank(alice);
        token.approve(address(vault), type(uint256).max);
        vm.prank(bob);
        token.approve(address(vault), type(uint256).max);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _give(address to, uint256 amount) internal {
        assertTrue(token.transfer(to, amount));
    }

    function _deposit(address who, uint256 amount) internal {
        _deposit(who, who, amount);
    }

    function _deposit(address payer, address operator, uint256 amount) internal {
        vm.prank(payer);
        vault.deposit(address(token), operator, amount);
    }

    function _withdraw(address who, uint256 amount, address to) internal {
        vm.prank(who);
        vault.withdraw(address(token), amount, to);
    }

    function _assertAccount(address who, uint256 free, uint256 locked) internal view {
        (uint256 actualFree, uint256 actualLocked) = vault.accountOf(address(token), who);
        assertEq(actualFree, free, "free");
        assertEq(actualLocked, locked, "locked");
    }
}
