// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewardVault} from "../../contracts/interfaces/IRewardVault.sol";
import {RewardFixture} from "./mocks/RewardFixture.sol";
import {RewardTree} from "./mocks/RewardTree.sol";
import {Signatures} from "./mocks/Signatures.sol";
import {Wallet} from "./mocks/Wallet.sol";

/// @title RewardVaultPayeesTest
/// @notice Claims to a payee that the operator names by EIP-712 signature, EOA or ERC-1271 (P-12, F-52).
contract RewardVaultPayeesTest is RewardFixture {
    /// @notice P-12: the operator names a payee by signature; anybody sends it.
    function test_P12_claimTo() public {
        _earn(300, 400);
        bytes memory signature = _signed(alice, payee, 300, deadline);
        vm.expectEmit(address(rewardVault));
        emit IRewardVault.Claimed(fid, alice, payee, 300, 300);
        vm.prank(makeAddr("anybody"));
        rewardVault.claimTo(fid, ALICE, alice, 300, _proof(ALICE), payee, deadline, signature);
        assertEq(token.balanceOf(payee), 300);
        assertEq(token.balanceOf(alice), 0);
        assertEq(rewardVault.claimedOf(fid, alice), 300);
    }

    /// @notice F-51: the authorisation is good to its deadline's second, and not one more.
    function test_claimTo_aroundTheDeadline() public {
        _earn(300, 400);
        bytes memory signature = _signed(alice, payee, 300, deadline);
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardVault.RewardVault_AuthorisationExpired.selector, deadline, deadline + 1)
        );
        _claimTo(300, payee, deadline, signature);
        for (uint256 early; early < 2; ++early) {
            uint256 state = vm.snapshotState();
            vm.warp(deadline - early);
            _claimTo(300, payee, deadline, signature);
            assertEq(token.balanceOf(payee), 300);
            vm.revertToState(state);
        }
    }

    /// @notice F-30, F-52: without a nonce, yet good once: the amount is cumulative.
    function test_RevertWhen_claimTo_replayed() public {
        _earn(300, 400);
        bytes memory signature = _signed(alice, payee, 300, deadline);
        _claimTo(300, payee, deadline, signature);
        _expectNothing(300, 300);
        _claimTo(300, payee, deadline, signature);
        _earn(500, 400);
        _expectProofInvalid();
        _claimTo(300, payee, deadline, signature);
        _expectAuthorisationInvalid(payee);
        _claimTo(500, payee, deadline, signature);
    }

    /// @notice F-34: sending the plain claim first only pays the operator itself; the authorisation is then void.
    function test_claimTo_frontRunByClaim() public {
        _earn(300, 400);
        bytes memory signature = _signed(alice, payee, 300, deadline);
        vm.prank(bob);
        rewardVault.claim(fid, ALICE, alice, 300, _proof(ALICE));
        _expectNothing(300, 300);
        _claimTo(300, payee, deadline, signature);
        assertEq(token.balanceOf(alice), 300);
    }

    /// @notice F-52: the payee is signed; nobody puts itself in its place.
    function testFuzz_RevertWhen_claimTo_anotherPayee(address thief) public {
        vm.assume(thief != payee && thief != address(0));
        _earn(300, 400);
        bytes memory signature = _signed(alice, payee, 300, deadline);
        _expectAuthorisationInvalid(thief);
        _claimTo(300, thief, deadline, signature);
    }

    /// @notice F-52: so are amount and deadline.
    function testFuzz_RevertWhen_claimTo_anotherAmountOrDeadline(uint256 amount, uint256 late) public {
        late = bound(late, block.timestamp, type(uint256).max);
        vm.assume(amount != 300 || late != deadline);
        _earn(300, 400);
        bytes memory signature = _signed(alice, payee, 300, deadline);
        _expectAuthorisationInvalid(payee);
        _claimTo(amount, payee, late, signature);
    }

    /// @notice F-52: and the federation.
    function test_RevertWhen_claimTo_anotherFederation() public {
        bytes memory signature = _signed(alice, payee, 300, deadline);
        fid = createFederation(defaultTerms(), defaultPolicy());
        _earn(300, 400);
        _expectAuthorisationInvalid(payee);
        _claimTo(300, payee, deadline, signature);
    }

    /// @notice F-52: and the operator: Bob's signature does not move Alice's reward, nor does any other.
    function testFuzz_RevertWhen_claimTo_signedByAnother(uint256 other) public {
        other = bound(other, 1, Signatures.N - 1);
        vm.assume(other != key);
        _earn(300, 400);
        bytes32 digest = _digest(NAME, block.chainid, address(rewardVault), alice, payee, 300, deadline);
        _expectAuthorisationInvalid(payee);
        _claimTo(300, payee, deadline, Signatures.sign(other, digest));
    }

    /// @notice F-52: an authorisation on another chain is none.
    function testFuzz_RevertWhen_claimTo_ofAnotherChain(uint64 chainId) public {
        vm.assume(chainId != 0 && chainId != block.chainid);
        _earn(300, 400);
        bytes memory signature = _signed(alice, payee, 300, deadline);
        vm.chainId(chainId);
        _expectAuthorisationInvalid(payee);
        _claimTo(300, payee, deadline, signature);
    }

    /// @notice F-52: an authorisation to another vault, or under another name, is none.
    function test_RevertWhen_claimTo_ofAnotherDomain() public {
        _earn(300, 400);
        address other = deployCode("RewardVault.sol:RewardVault", abi.encode(coordinator));
        bytes32 digest = _digest(NAME, block.chainid, other, alice, payee, 300, deadline);
        _expectAuthorisationInvalid(payee);
        _claimTo(300, payee, deadline, Signatures.sign(key, digest));
        digest = _digest("Parley", block.chainid, address(rewardVault), alice, payee, 300, deadline);
        _expectAuthorisationInvalid(payee);
        _claimTo(300, payee, deadline, Signatures.sign(key, digest));
    }

    /// @notice F-52: mirrored, empty, zero, cut, padded and compact signatures are refused.
    function test_RevertWhen_claimTo_badSignature() public {
        _earn(300, 400);
        bytes32 digest = _digest(NAME, block.chainid, address(rewardVault), alice, payee, 300, deadline);
        bytes[] memory list = Signatures.bad(key, digest);
        for (uint256 i; i < list.length; ++i) {
            _expectAuthorisationInvalid(payee);
            _claimTo(300, payee, deadline, list[i]);
        }
    }

    function test_RevertWhen_claimTo_nobody() public {
        _earn(300, 400);
        bytes memory signature = _signed(alice, address(0), 300, deadline);
        vm.expectRevert(IRewardVault.RewardVault_ZeroAddress.selector);
        _claimTo(300, address(0), deadline, signature);
    }

    /// @notice P-12: a wallet is an operator, too: it names a payee by ERC-1271, and only while it says so.
    function test_P12_claimTo_wallet() public {
        Wallet wallet = new Wallet(alice);
        leaves[2] = RewardTree.leaf(address(wallet), 50);
        _earn(300, 400);
        bytes memory signature = _signed(address(wallet), payee, 50, deadline);
        for (uint256 mode = 1; mode <= uint256(type(Wallet.Mode).max); ++mode) {
            wallet.setMode(Wallet.Mode(mode));
            vm.expectRevert(
                abi.encodeWithSelector(IRewardVault.RewardVault_AuthorisationInvalid.selector, address(wallet), payee)
            );
            rewardVault.claimTo(fid, 2, address(wallet), 50, _proof(2), payee, deadline, signature);
        }
        wallet.setMode(Wallet.Mode.Honest);
        rewardVault.claimTo(fid, 2, address(wallet), 50, _proof(2), payee, deadline, signature);
        assertEq(token.balanceOf(payee), 50);
    }
}
