// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {stdError} from "forge-std/StdError.sol";
import {IRewardVault} from "../../contracts/interfaces/IRewardVault.sol";
import {Terms} from "../../contracts/interfaces/ParleyTypes.sol";
import {FalseToken} from "./mocks/FalseToken.sol";
import {FeeToken} from "./mocks/FeeToken.sol";
import {IMintable} from "./mocks/IMintable.sol";
import {NoReturnToken} from "./mocks/NoReturnToken.sol";
import {RebasingToken} from "./mocks/RebasingToken.sol";
import {ReentrantReceiver} from "./mocks/ReentrantReceiver.sol";
import {ITokenHook, ReentrantToken} from "./mocks/ReentrantToken.sol";
import {RewardFixture} from "./mocks/RewardFixture.sol";
import {RewardTree} from "./mocks/RewardTree.sol";

/// @title RewardVaultTokensTest
/// @notice Budgets and claims in hostile tokens: conserved all the same (P-17; F-4, F-5, F-7, F-29).
contract RewardVaultTokensTest is RewardFixture {
    /* -------------------------------------- FEE, MUTE AND FALSE ----------------------------------- */

    /// @notice P-17, F-4: a budget grows by what arrived.
    function testFuzz_P17_feeToken_creditsWhatArrived(uint256 amount, uint256 feeBps) public {
        FeeToken fee = new FeeToken(bound(feeBps, 0, 9999));
        amount = bound(amount, 1e6, 1e24);
        uint256 arrives = amount - (amount * fee.feeBps() + 9999) / 10_000;
        _federationIn(address(fee));
        _fundIn(address(fee), amount);
        _assertConserved(address(fee), arrives);
        _withdraw(sponsor, arrives, sponsor);
        _assertConserved(address(fee), 0);
    }

    /// @notice F-4: if the fee takes all, nothing is credited.
    function test_RevertWhen_feeToken_takesAll() public {
        FeeToken fee = new FeeToken(10_000);
        _federationIn(address(fee));
        fee.mint(bob, 10);
        vm.startPrank(bob);
        fee.approve(address(rewardVault), 10);
        vm.expectRevert(IRewardVault.RewardVault_NothingToMove.selector);
        rewardVault.fund(fid, 10);
    }

    /// @notice F-4: a token without return values funds, pays and is withdrawn.
    function test_P17_noReturnToken() public {
        NoReturnToken mute = new NoReturnToken();
        _federationIn(address(mute));
        _fundIn(address(mute), 1000);
        _owe(alice, 300);
        _claim(ALICE, alice, 300);
        _withdraw(sponsor, 700, sponsor);
        assertEq(mute.balanceOf(alice), 300);
        assertEq(mute.balanceOf(sponsor), 700);
        _assertConserved(address(mute), 0);
    }

    /// @notice F-4: a token that returns false has moved nothing; budget and claims stay as they were.
    function test_RevertWhen_falseToken() public {
        FalseToken liar = new FalseToken();
        _federationIn(address(liar));
        _fundIn(address(liar), 1000);
        _owe(alice, 300);
        liar.setFails(true);
        bytes memory failure = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(liar));
        vm.expectRevert(failure);
        rewardVault.fund(fid, 10);
        vm.expectRevert(failure);
        _withdraw(sponsor, 700, sponsor);
        vm.expectRevert(failure);
        _claim(ALICE, alice, 300);
        assertEq(rewardVault.claimedOf(fid, alice), 0);
        _assertConserved(address(liar), 1000);
        liar.setFails(false);
        _claim(ALICE, alice, 300);
        assertEq(liar.balanceOf(alice), 300);
    }

    /* ------------------------------------------- REBASING ----------------------------------------- */

    /// @notice F-7: a rebase changes no books; after a loss the vault pays while it can, and no other federation is touched.
    function test_P17_rebasingToken_harmsNobodyElse() public {
        _earn(300, 400);
        uint256 plain = fid;
        RebasingToken elastic = new RebasingToken();
        _federationIn(address(elastic));
        _fundIn(address(elastic), 1000);
        _owe(alice, 600);
        elastic.rebase(2e18);
        _expectTooSmall(400, 401);
        _withdraw(sponsor, 401, sponsor);
        elastic.rebase(0.5e18);
        _withdraw(sponsor, 400, sponsor);
        vm.expectRevert(abi.encodeWithSelector(RebasingToken.RebasingToken_TooSmall.selector, 100, 600));
        _claim(ALICE, alice, 600);
        fid = plain;
        leaves[ALICE] = RewardTree.leaf(alice, 300);
        _claim(ALICE, alice, 300);
        _claim(0, bob, 400);
        assertEq(token.balanceOf(alice), 300);
        assertEq(token.balanceOf(bob), 400);
    }

    /* ------------------------------------------ RE-ENTRANCE --------------------------------------- */

    /// @notice F-5: a funding inside a funding would count one transfer twice; it is refused.
    function test_P17_reentrant_fundInFund() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief();
        evil.mint(address(thief), 1000);
        thief.execute(address(evil), abi.encodeCall(evil.approve, (address(rewardVault), type(uint256).max)));
        thief.arm(address(rewardVault), abi.encodeCall(rewardVault.fund, (fid, 10)));
        thief.execute(address(rewardVault), abi.encodeCall(rewardVault.fund, (fid, 100)));
        _assertCaught(thief);
        _assertConserved(address(evil), 1100);
    }

    /// @notice F-5: a withdrawal inside a withdrawal is refused, and one inside a funding.
    function test_P17_reentrant_withdrawInWithdrawAndInFund() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief();
        bytes memory withdrawal = abi.encodeCall(rewardVault.withdraw, (fid, 60, address(thief)));
        thief.arm(address(rewardVault), withdrawal);
        thief.execute(address(rewardVault), withdrawal);
        _assertCaught(thief);
        assertEq(evil.balanceOf(address(thief)), 60);
        _assertConserved(address(evil), 940);
        thief.execute(address(evil), abi.encodeCall(evil.approve, (address(rewardVault), 60)));
        thief.execute(address(rewardVault), abi.encodeCall(rewardVault.fund, (fid, 60)));
        _assertCaught(thief);
        _assertConserved(address(evil), 1000);
    }

    /// @notice F-5, F-30: a claim inside a claim finds everything paid.
    function test_P17_reentrant_claimInClaim() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief();
        _owe(address(thief), 300);
        thief.arm(
            address(rewardVault), abi.encodeCall(rewardVault.claim, (fid, ALICE, address(thief), 300, _proof(ALICE)))
        );
        _claim(ALICE, address(thief), 300);
        assertEq(thief.attempts(), 2);
        assertEq(thief.successes(), 0);
        assertEq(thief.lastAnswer(), abi.encodeWithSelector(IRewardVault.RewardVault_NothingToClaim.selector, 300, 300));
        assertEq(evil.balanceOf(address(thief)), 300);
        _assertConserved(address(evil), 700);
    }

    /// @notice F-5: a sponsor that withdraws and funds inside a claim gets and gives each amount once.
    function test_P17_reentrant_withdrawAndFundInClaim() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief();
        _owe(address(thief), 300);
        thief.arm(address(rewardVault), abi.encodeCall(rewardVault.withdraw, (fid, 10, address(thief))));
        uint256 state = vm.snapshotState();
        _claim(ALICE, address(thief), 300);
        assertEq(thief.successes(), 2);
        assertEq(evil.balanceOf(address(thief)), 320);
        _assertConserved(address(evil), 680);
        vm.revertToState(state);
        evil.mint(address(thief), 20);
        thief.execute(address(evil), abi.encodeCall(evil.approve, (address(rewardVault), 20)));
        thief.arm(address(rewardVault), abi.encodeCall(rewardVault.fund, (fid, 10)));
        _claim(ALICE, address(thief), 300);
        assertEq(thief.successes(), 2);
        assertEq(evil.balanceOf(address(thief)), 300);
        _assertConserved(address(evil), 720);
    }

    /// @notice F-5: who claims inside its own funding is credited less than it gave; the vault never owes more than it has.
    function test_P17_reentrant_claimInFund() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief();
        _owe(address(thief), 300);
        evil.mint(address(thief), 500);
        thief.execute(address(evil), abi.encodeCall(evil.approve, (address(rewardVault), 500)));
        thief.arm(
            address(rewardVault), abi.encodeCall(rewardVault.claim, (fid, ALICE, address(thief), 300, _proof(ALICE)))
        );
        thief.execute(address(rewardVault), abi.encodeCall(rewardVault.fund, (fid, 500)));
        assertEq(thief.successes(), 1);
        assertEq(evil.balanceOf(address(thief)), 300);
        assertEq(_liabilities(fid), 700 + 200);
        assertEq(evil.balanceOf(address(rewardVault)), 1200);
    }

    /// @notice F-5: nor can it make the vault's balance fall during its funding: what arrived would be negative.
    function test_RevertWhen_reentrant_claimInSmallerFund() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief();
        _owe(address(thief), 300);
        evil.mint(address(thief), 299);
        thief.execute(address(evil), abi.encodeCall(evil.approve, (address(rewardVault), 299)));
        thief.arm(
            address(rewardVault), abi.encodeCall(rewardVault.claim, (fid, ALICE, address(thief), 300, _proof(ALICE)))
        );
        vm.expectRevert(stdError.arithmeticError);
        thief.execute(address(rewardVault), abi.encodeCall(rewardVault.fund, (fid, 299)));
        _assertConserved(address(evil), 1000);
    }

    /// @notice F-5: from inside its own token a thief gets of another federation what that owes it, once.
    function test_P17_reentrant_otherFederation() public {
        (ReentrantToken evil, ReentrantReceiver thief) = _thief();
        uint256 hostile = fid;
        fid = createFederation(defaultTerms(), defaultPolicy());
        _fund(1000);
        _owe(address(thief), 300);
        thief.arm(
            address(rewardVault), abi.encodeCall(rewardVault.claim, (fid, ALICE, address(thief), 300, _proof(ALICE)))
        );
        thief.execute(address(rewardVault), abi.encodeCall(rewardVault.withdraw, (hostile, 60, address(thief))));
        assertEq(thief.attempts(), 2);
        assertEq(thief.successes(), 1);
        assertEq(token.balanceOf(address(thief)), 300);
        _assertConserved(address(token), 700);
        fid = hostile;
        _assertConserved(address(evil), 940);
    }

    /// @notice F-29: a recipient that reverts when it is paid holds up itself only.
    function test_claim_revertingRecipientBlocksItselfOnly() public {
        ReentrantToken evil = new ReentrantToken();
        _federationIn(address(evil));
        _fundIn(address(evil), 700);
        leaves[0] = RewardTree.leaf(bob, 400);
        leaves[ALICE] = RewardTree.leaf(alice, 300);
        _round(700, 700, _root());
        RefusesOne gate = new RefusesOne(bob);
        evil.setHook(gate);
        vm.expectRevert(abi.encodeWithSelector(RefusesOne.RefusesOne_Refused.selector, bob));
        _claim(0, bob, 400);
        _claim(ALICE, alice, 300);
        assertEq(evil.balanceOf(alice), 300);
        _assertConserved(address(evil), 400);
    }

    /* ----------------------------------------- CONSERVATION --------------------------------------- */

    /// @notice P-17: with federations in plain, fee, mute and re-entrant tokens, two of them in one and the same, whatever
    /// is done in whatever order, the vault holds exactly what it owes.
    function testFuzz_P17_conserved(uint256[20] memory steps) public {
        address[5] memory tokens = [address(token), address(token), address(new FeeToken(123)), address(0), address(0)];
        tokens[3] = address(new NoReturnToken());
        tokens[4] = address(new ReentrantToken());
        ReentrantReceiver hook = new ReentrantReceiver();
        ReentrantToken(tokens[4]).setHook(hook);
        hook.arm(address(rewardVault), abi.encodeCall(rewardVault.fund, (fid, 1)));
        uint256[5] memory fids = [fid, uint256(0), 0, 0, 0];
        for (uint256 i = 1; i < 5; ++i) {
            _federationIn(tokens[i]);
            fids[i] = fid;
        }
        for (uint256 i; i < steps.length; ++i) {
            uint256 which = steps[i] % 5;
            fid = fids[which];
            _step(tokens[which], (steps[i] >> 8) % 4, steps[i] >> 16);
            assertEq(token.balanceOf(address(rewardVault)), _liabilities(fids[0]) + _liabilities(fids[1]));
            for (uint256 j = 2; j < 5; ++j) {
                assertEq(IMintable(tokens[j]).balanceOf(address(rewardVault)), _liabilities(fids[j]));
            }
        }
        assertEq(hook.successes(), 0);
    }

    /// @dev Fund, withdraw, play a round that earns part of its reward, or claim what Alice has earned so far.
    function _step(address one, uint256 action, uint256 amount) private {
        (,, uint256 free,, uint256 owed) = rewardVault.booksOf(fid);
        uint256 earned = rewardVault.claimedOf(fid, alice) + owed;
        if (action == 0) _fundIn(one, bound(amount, 100, 1e24));
        if (action == 1 && free != 0) _withdraw(sponsor, bound(amount, 1, free), sponsor);
        if (action == 2) {
            uint256 reward = bound(amount, 0, free);
            uint256 more = bound(amount >> 8, 0, reward);
            leaves[ALICE] = RewardTree.leaf(alice, uint128(earned + more));
            _round(reward, more, _root());
        }
        if (action == 3 && owed != 0) {
            leaves[ALICE] = RewardTree.leaf(alice, uint128(earned));
            _claim(ALICE, alice, earned);
        }
    }

    function _liabilities(uint256 id) private view returns (uint256) {
        (,, uint256 free, uint256 reserved, uint256 owed) = rewardVault.booksOf(id);
        return free + reserved + owed;
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    /// @dev A federation in another token; it becomes `fid`.
    function _federationIn(address one) private {
        Terms memory terms = defaultTerms();
        terms.token = one;
        fid = createFederation(terms, defaultPolicy());
    }

    /// @dev Bob mints, approves and funds any of the tokens.
    function _fundIn(address one, uint256 amount) private {
        IMintable(one).mint(bob, amount);
        vm.startPrank(bob);
        (bool ok,) = one.call(abi.encodeCall(IMintable.approve, (address(rewardVault), amount)));
        assertTrue(ok);
        rewardVault.fund(fid, amount);
        vm.stopPrank();
    }

    /// @dev A round that pays one operator, who has Alice's place in the tree.
    function _owe(address operator, uint128 amount) private {
        leaves[ALICE] = RewardTree.leaf(operator, amount);
        _round(amount, amount, _root());
    }

    /// @dev A federation of the thief's own, in a token that calls the thief back, with a budget of 1000 funded by Bob.
    function _thief() private returns (ReentrantToken evil, ReentrantReceiver thief) {
        evil = new ReentrantToken();
        thief = new ReentrantReceiver();
        Terms memory terms = defaultTerms();
        terms.token = address(evil);
        bytes memory call_ = abi.encodeCall(federationRegistry.createFederation, (terms, defaultPolicy()));
        fid = abi.decode(thief.execute(address(federationRegistry), call_), (uint256));
        _fundIn(address(evil), 1000);
        evil.setHook(thief);
    }

    /// @dev Each attempt ran into the guard.
    function _assertCaught(ReentrantReceiver thief) private view {
        assertGt(thief.attempts(), 0);
        assertEq(thief.successes(), 0);
        assertEq(
            thief.lastAnswer(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    /// @dev P-17: the vault has `expected`, and owes just that.
    function _assertConserved(address one, uint256 expected) private view {
        assertEq(IMintable(one).balanceOf(address(rewardVault)), expected, "held");
        assertEq(_liabilities(fid), expected, "owed");
    }
}

/// @notice A hook that refuses transfers to one account.
contract RefusesOne is ITokenHook {
    address private immutable REFUSED;

    /// @notice Thrown when that account would be paid.
    error RefusesOne_Refused(address to);

    constructor(address refused) {
        REFUSED = refused;
    }

    /// @inheritdoc ITokenHook
    function onTransfer(address, address to, uint256) external view {
        if (to == REFUSED) revert RefusesOne_Refused(to);
    }
}
