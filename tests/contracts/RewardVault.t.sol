// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {stdError} from "forge-std/StdError.sol";
import {IRewardVault} from "../../contracts/interfaces/IRewardVault.sol";
import {RewardFixture} from "./mocks/RewardFixture.sol";
import {RewardTree} from "./mocks/RewardTree.sol";

/// @title RewardVaultTest
/// @notice Budgets (P-8), cumulative claims (P-12) and conservation (P-17; F-28 to F-32).
contract RewardVaultTest is RewardFixture {
    /* ------------------------------------------- BUDGET ------------------------------------------- */

    /// @notice P-8: anybody adds to a budget.
    function testFuzz_P8_fund(uint256 amount) public {
        amount = bound(amount, 1, 1e24);
        vm.prank(sponsor);
        assertTrue(token.transfer(bob, amount));
        vm.startPrank(bob);
        token.approve(address(rewardVault), amount);
        vm.expectEmit(address(rewardVault));
        emit IRewardVault.Funded(fid, bob, amount);
        rewardVault.fund(fid, amount);
        _assertBooks(amount, 0, 0);
    }

    function test_RevertWhen_fund_nothing() public {
        vm.expectRevert(IRewardVault.RewardVault_NothingToMove.selector);
        _fund(0);
    }

    function test_RevertWhen_fund_unknownFederation() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_FederationUnknown.selector, 99));
        vm.prank(sponsor);
        rewardVault.fund(99, 1);
    }

    /// @notice P-17: free, reserved and owed together stay below 2**96.
    function test_P17_fund_atTheLimit() public {
        _fund(MAX96 - 100);
        _round(60, 60, keccak256("root"));
        _reserve(40);
        _fund(100);
        _assertBooks(MAX96 - 100, 40, 60);
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_BudgetTooLarge.selector, MAX96 + 1, MAX96));
        _fund(1);
    }

    /// @notice F-7: tokens sent without funding are in no budget.
    function test_P17_donation_isInNoBudget() public {
        _fund(10);
        vm.prank(sponsor);
        assertTrue(token.transfer(address(rewardVault), 1000));
        _assertBooks(10, 0, 0);
        _expectTooSmall(10, 11);
        _withdraw(sponsor, 11, sponsor);
    }

    /// @notice P-8: sponsors withdraw budget - reserved - owed.
    function testFuzz_P8_withdraw(uint256 amount) public {
        _fund(1000);
        _round(100, 70, keccak256("root"));
        _reserve(200);
        amount = bound(amount, 1, 730);
        vm.expectEmit(address(rewardVault));
        emit IRewardVault.BudgetWithdrawn(fid, bob, amount);
        _withdraw(sponsor, amount, bob);
        assertEq(token.balanceOf(bob), amount);
        _assertBooks(730 - amount, 200, 70);
    }

    /// @notice P-8, F-32: what is reserved or owed is out of the sponsor's reach.
    function testFuzz_RevertWhen_withdraw_moreThanFree(uint256 amount) public {
        _fund(1000);
        _round(100, 70, keccak256("root"));
        _reserve(200);
        amount = bound(amount, 731, type(uint256).max);
        _expectTooSmall(730, amount);
        _withdraw(sponsor, amount, sponsor);
    }

    /// @notice F-48: nobody else withdraws, the coordinator included.
    function testFuzz_RevertWhen_withdraw_notSponsor(address caller) public {
        vm.assume(caller != sponsor);
        _fund(1000);
        _expectUnauthorised(caller);
        _withdraw(caller, 1, caller);
    }

    /// @notice F-48: one sponsor cannot reach another's budget.
    function test_RevertWhen_withdraw_anothersBudget() public {
        _fund(1000);
        vm.prank(bob);
        uint256 other = federationRegistry.createFederation(defaultTerms(), defaultPolicy());
        vm.startPrank(bob);
        _expectUnauthorised(bob);
        rewardVault.withdraw(fid, 1, bob);
        _expectTooSmall(0, 1);
        rewardVault.withdraw(other, 1, bob);
    }

    function test_RevertWhen_withdraw_unknownFederation() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_FederationUnknown.selector, 99));
        vm.prank(address(0)); // the sponsor of what does not exist
        rewardVault.withdraw(99, 1, bob);
    }

    function test_RevertWhen_withdraw_toNobody() public {
        _fund(1000);
        vm.expectRevert(IRewardVault.RewardVault_ZeroAddress.selector);
        _withdraw(sponsor, 1, address(0));
    }

    function test_RevertWhen_withdraw_nothing() public {
        _fund(1000);
        vm.expectRevert(IRewardVault.RewardVault_NothingToMove.selector);
        _withdraw(sponsor, 0, sponsor);
    }

    /* ------------------------------------------- ROUNDS ------------------------------------------- */

    /// @notice P-8, F-32: a round's whole reward is reserved, or nothing.
    function testFuzz_P8_rollOver_reservesAllOrNothing(uint256 budget, uint256 reward) public {
        budget = bound(budget, 1, 1e24);
        reward = bound(reward, 0, 2e24);
        _fund(budget);
        vm.expectEmit(address(rewardVault));
        emit IRewardVault.RolledOver(fid, 0, 0, reward <= budget ? reward : 0);
        assertEq(_reserve(reward), reward <= budget);
        if (reward <= budget) _assertBooks(budget - reward, reward, 0);
        else _assertBooks(budget, 0, 0);
    }

    /// @notice P-12: what was earned is owed, the rest of the reservation free again; the next round is reserved from it.
    function testFuzz_P12_rollOver_closesTheBooks(uint256 earned, uint256 next) public {
        earned = bound(earned, 0, 100);
        next = bound(next, 0, 2000);
        _fund(1000);
        _reserve(100);
        uint256 free = 1000 - earned;
        uint256 reserved = next <= free ? next : 0;
        vm.expectEmit(address(rewardVault));
        emit IRewardVault.RolledOver(fid, 100, earned, reserved);
        vm.prank(address(coordinator));
        assertEq(rewardVault.rollOver(fid, 100, earned, keccak256("root"), next, true), next <= free);
        _assertBooks(free - reserved, reserved, earned);
        (, bytes32 root,,,) = rewardVault.booksOf(fid);
        assertEq(root, keccak256("root"));
    }

    /// @notice P-10: a void round leaves the reward root as it was and returns its reservation.
    function test_P10_rollOver_voidRound() public {
        _fund(1000);
        _round(100, 70, keccak256("root"));
        _reserve(300);
        _assertBooks(630, 300, 70);
        vm.prank(address(coordinator));
        assertFalse(rewardVault.rollOver(fid, 300, 0, 0, 300, false));
        _assertBooks(930, 0, 70);
        (, bytes32 root,,,) = rewardVault.booksOf(fid);
        assertEq(root, keccak256("root"));
    }

    /// @notice P-17: more than there is cannot be earned, whatever the coordinator says.
    function test_RevertWhen_rollOver_earnedMoreThanThereIs() public {
        _fund(100);
        _reserve(60);
        vm.expectRevert(stdError.arithmeticError);
        vm.prank(address(coordinator));
        rewardVault.rollOver(fid, 60, 101, keccak256("root"), 0, false);
    }

    /// @notice F-48: books are opened and rolled over by the coordinator only.
    function testFuzz_RevertWhen_notCoordinator(address caller) public {
        vm.assume(caller != address(coordinator));
        vm.startPrank(caller);
        _expectUnauthorised(caller);
        rewardVault.open(fid, address(registry));
        _expectUnauthorised(caller);
        rewardVault.rollOver(fid, 0, 0, keccak256("root"), 0, false);
        (address stakeToken,,,,) = rewardVault.booksOf(fid);
        assertEq(stakeToken, address(token));
    }

    /// @notice Section 3: the coordinator is fixed at deployment; it opens books for a token.
    function test_open() public {
        assertEq(rewardVault.coordinator(), address(coordinator));
        vm.prank(address(coordinator));
        rewardVault.open(42, address(token));
        (address stakeToken,,,,) = rewardVault.booksOf(42);
        assertEq(stakeToken, address(token));
    }

    /* ------------------------------------------- CLAIMS ------------------------------------------- */

    /// @notice P-12: one claim pays all past rounds; anybody may send it, the operator gets it.
    function test_P12_claim() public {
        _earn(300, 400);
        vm.expectEmit(address(rewardVault));
        emit IRewardVault.Claimed(fid, alice, alice, 300, 300);
        vm.prank(makeAddr("anybody"));
        rewardVault.claim(fid, ALICE, alice, 300, _proof(ALICE));
        assertEq(token.balanceOf(alice), 300);
        assertEq(rewardVault.claimedOf(fid, alice), 300);
        _assertBooks(0, 0, 400);
        _claim(0, bob, 400);
        assertEq(token.balanceOf(bob), 400);
        _assertBooks(0, 0, 0);
    }

    /// @notice P-12: over the rounds each claim pays what came since, however many rounds it skips.
    function testFuzz_P12_claim_overManyRounds(uint96[6] memory earnings, uint8 claims) public {
        uint256 cumulative;
        for (uint256 i; i < earnings.length; ++i) {
            uint256 earned = earnings[i] % 1e20;
            cumulative += earned;
            leaves[ALICE] = RewardTree.leaf(alice, uint128(cumulative));
            if (earned != 0) _fund(earned);
            _round(earned, earned, _root());
            if ((claims >> i) & 1 == 0 || cumulative == rewardVault.claimedOf(fid, alice)) continue;
            _claim(ALICE, alice, cumulative);
            assertEq(token.balanceOf(alice), cumulative);
        }
        (,,,, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(owed + token.balanceOf(alice), cumulative);
        assertEq(token.balanceOf(address(rewardVault)), owed);
    }

    /// @notice F-30: nothing is paid twice.
    function test_RevertWhen_claim_twice() public {
        _earn(300, 400);
        _claim(ALICE, alice, 300);
        _expectNothing(300, 300);
        _claim(ALICE, alice, 300);
        assertEq(token.balanceOf(alice), 300);
    }

    /// @notice F-30: a leaf that went down pays nothing, and takes nothing back.
    function test_RevertWhen_claim_lessThanClaimed() public {
        _earn(300, 400);
        _claim(ALICE, alice, 300);
        _earn(299, 400);
        _expectNothing(300, 299);
        _claim(ALICE, alice, 299);
    }

    /// @notice F-30: nobody is paid by another's leaf.
    function test_RevertWhen_claim_anothersLeaf() public {
        _earn(300, 400);
        _expectProofInvalid();
        _claim(0, alice, 400);
        _expectProofInvalid();
        _claim(ALICE, bob, 300);
    }

    /// @notice F-30: an amount that is not the leaf's is refused.
    function testFuzz_RevertWhen_claim_forgedAmount(uint128 cumulative) public {
        vm.assume(cumulative != 300);
        _earn(300, 400);
        _expectProofInvalid();
        _claim(ALICE, alice, cumulative);
    }

    /// @notice F-30: the leaf holds 128 bits; an amount with more on top of the right ones is refused, not cut off.
    function testFuzz_RevertWhen_claim_amountBeyond128Bits(uint128 high) public {
        vm.assume(high != 0);
        _earn(300, 400);
        uint256 cumulative = uint256(high) << 128 | 300;
        _expectNothing(0, cumulative);
        _claim(ALICE, alice, cumulative);
        assertEq(rewardVault.claimedOf(fid, alice), 0);
    }

    /// @notice F-30: another index, in the tree or beyond it, is refused.
    function testFuzz_RevertWhen_claim_forgedIndex(uint256 index) public {
        vm.assume(index != ALICE);
        _earn(300, 400);
        _expectProofInvalid();
        rewardVault.claim(fid, index, alice, 300, _proof(ALICE));
        _expectProofInvalid();
        rewardVault.claim(fid, index % 8 == ALICE ? 0 : index % 8, alice, 300, _proof(ALICE));
    }

    /// @notice F-30: any other siblings are refused.
    function testFuzz_RevertWhen_claim_forgedProof(bytes32[] memory path, uint256 index) public {
        _earn(300, 400);
        _expectProofInvalid();
        rewardVault.claim(fid, index, alice, 300, path);
    }

    /// @notice F-30: one bit turned anywhere in the proof is enough.
    function testFuzz_RevertWhen_claim_oneBitOff(uint256 place, uint8 bit) public {
        _earn(300, 400);
        bytes32[] memory path = _proof(ALICE);
        path[place % LEVELS] ^= bytes32(uint256(1) << bit);
        _expectProofInvalid();
        rewardVault.claim(fid, ALICE, alice, 300, path);
    }

    /// @notice P-12: neither a node nor a leaf of another depth passes: cut or stretched proofs are refused.
    function test_RevertWhen_claim_nodeAsLeaf() public {
        _earn(300, 400);
        bytes32[] memory path = _proof(ALICE);
        for (uint256 length; length < LEVELS; ++length) {
            bytes32[] memory cut = new bytes32[](length);
            for (uint256 i; i < length; ++i) {
                cut[i] = path[LEVELS - length + i]; // the siblings of a node above Alice's leaf
            }
            _expectProofInvalid();
            rewardVault.claim(fid, ALICE >> (LEVELS - length), alice, 300, cut);
        }
        bytes32[] memory stretched = new bytes32[](LEVELS + 1);
        for (uint256 i; i < LEVELS; ++i) {
            stretched[i + 1] = path[i]; // as if Alice's leaf were a node
        }
        for (uint256 side; side < 2; ++side) {
            _expectProofInvalid();
            rewardVault.claim(fid, ALICE << 1 | side, alice, 300, stretched);
        }
    }

    /// @notice P-12: a node's hash in the clear is worth nothing: the leaf hashes operator and amount anew, under a prefix.
    function test_RevertWhen_claim_nodeSplitIntoOperatorAndAmount() public {
        _earn(300, 400);
        bytes32 sibling = leaves[ALICE ^ 1];
        bytes memory preimage = abi.encodePacked(sibling, leaves[ALICE]); // of the node above, 64 bytes
        bytes16 low;
        assembly ("memory-safe") {
            low := mload(add(preimage, 0x34))
        }
        address operator = address(bytes20(sibling));
        bytes32[] memory above = new bytes32[](LEVELS - 1);
        for (uint256 i; i < above.length; ++i) {
            above[i] = _proof(ALICE)[i + 1];
        }
        _expectProofInvalid();
        rewardVault.claim(fid, ALICE >> 1, operator, uint128(low), above);
    }

    /// @notice P-12: an empty place of the tree pays nobody.
    function test_RevertWhen_claim_emptyLeaf() public {
        _earn(300, 400);
        _expectProofInvalid();
        _claim(7, address(0), 0);
        _expectProofInvalid();
        _claim(7, bob, 0);
    }

    /// @notice F-31: before the first final round there is no root, and zero is none, also for an index out of the tree.
    function testFuzz_RevertWhen_claim_rootZero(uint256 index, uint128 amount, bytes32[] memory path) public {
        _fund(1000);
        _expectProofInvalid();
        rewardVault.claim(fid, index, alice, amount, path);
        _expectProofInvalid();
        rewardVault.claim(fid, 1 << 255, alice, amount, path);
    }

    function test_RevertWhen_claim_unknownFederation() public {
        _expectProofInvalid();
        rewardVault.claim(99, 0, alice, 300, new bytes32[](0));
    }

    /// @notice F-30: a federation id with more bits than the accounts' keys hold is another federation, and unknown.
    function testFuzz_RevertWhen_claim_idBeyond96Bits(uint256 high) public {
        uint256 alias_ = fid | bound(high, 1, type(uint160).max) << 96;
        _earn(300, 400);
        _expectProofInvalid();
        rewardVault.claim(alias_, ALICE, alice, 300, _proof(ALICE));
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_FederationUnknown.selector, alias_));
        rewardVault.fund(alias_, 1);
    }

    /// @notice P-17: the books of one federation do not pay what another owes.
    function test_RevertWhen_claim_fromAnotherFederation() public {
        _earn(300, 400);
        uint256 first = fid;
        fid = createFederation(defaultTerms(), defaultPolicy());
        _expectProofInvalid();
        _claim(ALICE, alice, 300);
        vm.prank(address(coordinator));
        rewardVault.rollOver(fid, 0, 0, _root(), 0, false);
        _expectTooSmall(0, 300);
        _claim(ALICE, alice, 300);
        fid = first;
        _claim(ALICE, alice, 300);
    }

    /// @notice P-17, F-31: a root that owes more than was ever earned takes nothing that others funded.
    function testFuzz_RevertWhen_claim_moreThanOwed(uint128 cumulative) public {
        cumulative = uint128(bound(cumulative, 701, type(uint128).max));
        _fund(1000);
        leaves[ALICE] = RewardTree.leaf(alice, cumulative);
        _round(700, 700, _root());
        _expectTooSmall(700, cumulative);
        _claim(ALICE, alice, cumulative);
        assertEq(rewardVault.claimedOf(fid, alice), 0);
        _assertBooks(300, 0, 700);
    }

    /// @notice F-29: one recipient whom the token refuses holds up nobody else.
    function test_claim_blockedRecipientBlocksNobodyElse() public {
        _earn(300, 400);
        bytes memory refusal = abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, bob);
        vm.mockCallRevert(address(token), abi.encodeCall(token.transfer, (bob, 400)), refusal);
        vm.expectRevert(refusal);
        _claim(0, bob, 400);
        _claim(ALICE, alice, 300);
        assertEq(token.balanceOf(alice), 300);
        vm.clearMockedCalls();
        _claim(0, bob, 400);
    }
}
