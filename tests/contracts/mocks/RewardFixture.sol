// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewardVault} from "../../../contracts/interfaces/IRewardVault.sol";
import {Base} from "../utils/Base.sol";
import {RewardTree} from "./RewardTree.sol";
import {Signatures} from "./Signatures.sol";

/// @title RewardFixture
/// @notice A federation whose rounds are closed by hand, in the coordinator's name, so that any reward tree can be final.
abstract contract RewardFixture is Base {
    bytes32 internal constant CLAIM_TYPEHASH =
        keccak256("Claim(uint256 fid,address operator,address to,uint256 cumulative,uint256 deadline)");
    string internal constant NAME = "Parley RewardVault";
    uint256 internal constant MAX96 = type(uint96).max;
    /// @dev Depth of the reward trees here.
    uint256 internal constant LEVELS = 3;
    /// @dev Alice's place in them; Bob's is 0.
    uint256 internal constant ALICE = 5;

    address internal bob = makeAddr("bob");
    address internal payee = makeAddr("payee");
    address internal alice;
    uint256 internal key;
    uint256 internal deadline;
    bytes32[] internal leaves;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        vm.roll(1000);
        makeChain();
        deploy();
        (alice, key) = makeAddrAndKey("alice");
        deadline = block.timestamp + 1 days;
        fid = createFederation(defaultTerms(), defaultPolicy());
        vm.prank(sponsor);
        token.approve(address(rewardVault), type(uint256).max);
        leaves = new bytes32[](8);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _fund(uint256 amount) internal {
        vm.prank(sponsor);
        rewardVault.fund(fid, amount);
    }

    function _withdraw(address caller, uint256 amount, address to) internal {
        vm.prank(caller);
        rewardVault.withdraw(fid, amount, to);
    }

    /// @dev As the coordinator does when it opens a round in an idle federation.
    function _reserve(uint256 reward) internal returns (bool) {
        vm.prank(address(coordinator));
        return rewardVault.rollOver(fid, 0, 0, 0, reward, true);
    }

    /// @dev A round of that reward from its opening to its end; none is opened after it.
    function _round(uint256 reward, uint256 earned, bytes32 root) internal {
        assertTrue(_reserve(reward));
        vm.prank(address(coordinator));
        rewardVault.rollOver(fid, reward, earned, root, 0, false);
    }

    /// @dev A funded round after which Alice's and Bob's leaves say these sums.
    function _earn(uint128 ofAlice, uint128 ofBob) internal {
        leaves[ALICE] = RewardTree.leaf(alice, ofAlice);
        leaves[0] = RewardTree.leaf(bob, ofBob);
        uint256 earned = uint256(ofAlice) + ofBob;
        _fund(earned);
        _round(earned, earned, _root());
    }

    function _root() internal view returns (bytes32) {
        return RewardTree.root(leaves, LEVELS);
    }

    function _proof(uint256 index) internal view returns (bytes32[] memory) {
        return RewardTree.proof(leaves, LEVELS, index);
    }

    function _claim(uint256 index, address operator, uint256 cumulative) internal {
        rewardVault.claim(fid, index, operator, cumulative, _proof(index));
    }

    function _claimTo(uint256 cumulative, address to, uint256 deadline_, bytes memory signature) internal {
        rewardVault.claimTo(fid, ALICE, alice, cumulative, _proof(ALICE), to, deadline_, signature);
    }

    function _signed(address operator, address to, uint256 cumulative, uint256 deadline_)
        internal
        view
        returns (bytes memory)
    {
        return Signatures.sign(
            key, _digest(NAME, block.chainid, address(rewardVault), operator, to, cumulative, deadline_)
        );
    }

    function _digest(
        string memory name,
        uint256 chainId,
        address verifier,
        address operator,
        address to,
        uint256 cumulative,
        uint256 deadline_
    ) internal view returns (bytes32) {
        return Signatures.digest(
            Signatures.domain(name, chainId, verifier),
            keccak256(abi.encode(CLAIM_TYPEHASH, fid, operator, to, cumulative, deadline_))
        );
    }

    /// @dev P-17: what the books say, and that the tokens of all federations here are there, donations apart.
    function _assertBooks(uint256 free, uint256 reserved, uint256 owed) internal view {
        (,, uint256 actualFree, uint256 actualReserved, uint256 actualOwed) = rewardVault.booksOf(fid);
        assertEq(actualFree, free, "free");
        assertEq(actualReserved, reserved, "reserved");
        assertEq(actualOwed, owed, "owed");
        assertGe(token.balanceOf(address(rewardVault)), free + reserved + owed, "P-17");
    }

    function _expectTooSmall(uint256 available, uint256 needed) internal {
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_BudgetTooSmall.selector, available, needed));
    }

    function _expectNothing(uint256 claimed, uint256 cumulative) internal {
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_NothingToClaim.selector, claimed, cumulative));
    }

    function _expectProofInvalid() internal {
        vm.expectPartialRevert(IRewardVault.RewardVault_ProofInvalid.selector);
    }

    function _expectAuthorisationInvalid(address to) internal {
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_AuthorisationInvalid.selector, alice, to));
    }

    function _expectUnauthorised(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IRewardVault.RewardVault_Unauthorised.selector, caller));
    }
}
