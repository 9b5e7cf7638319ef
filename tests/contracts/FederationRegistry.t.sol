// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFederationRegistry} from "../../contracts/interfaces/IFederationRegistry.sol";
import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {IStakeVault} from "../../contracts/interfaces/IStakeVault.sol";
import {Admission, Invitation, MemberView, Policy, Terms} from "../../contracts/interfaces/ParleyTypes.sol";
import {Signatures} from "./mocks/Signatures.sol";
import {Wallet} from "./mocks/Wallet.sol";
import {Base} from "./utils/Base.sol";

/// @title FederationRegistryTest
/// @notice Federations, versions of their policies (P-7) and admission, open or by invitation (section 5, F-47, F-52).
contract FederationRegistryTest is Base {
    bytes32 private constant INVITATION_TYPEHASH =
        keccak256("Invitation(uint256 fid,address operator,uint8 roles,uint256 nonce,uint256 expiry)");
    string private constant NAME = "Parley FederationRegistry";
    uint256 private constant NONCE = 77;

    address private alice;
    address private bob;
    uint256 private sponsorKey;
    uint256 private expiry;
    /// @dev A federation by invitation; `fid` is open.
    uint256 private closedFid;

    function setUp() public {
        vm.warp(1_700_000_000);
        vm.roll(1000);
        makeChain();
        deploy();
        (, sponsorKey) = makeAddrAndKey("sponsor");
        expiry = block.timestamp + 1 days;
        fid = createFederation(defaultTerms(), defaultPolicy());
        closedFid = createFederation(_invitationTerms(), defaultPolicy());
        alice = newOperator("alice", 1000e18);
        bob = newOperator("bob", 1000e18);
    }

    /* ------------------------------------------- CREATE ------------------------------------------- */

    /// @notice Section 5: ids count from 1; sponsor, terms, policy are kept, the coordinator and the vault know it.
    function test_createFederation() public {
        Terms memory terms = defaultTerms();
        Policy memory policy = defaultPolicy();
        vm.expectEmit(address(federationRegistry));
        emit IFederationRegistry.FederationCreated(3, alice, terms, policy);
        vm.prank(alice);
        assertEq(federationRegistry.createFederation(terms, policy), 3);
        assertEq(federationRegistry.federations(), 3);
        assertEq(federationRegistry.sponsorOf(3), alice);
        assertEq(federationRegistry.versionOf(3), 1);
        assertEq(abi.encode(federationRegistry.termsOf(3)), abi.encode(terms));
        assertEq(abi.encode(federationRegistry.policyOf(3, 1)), abi.encode(policy));
        (address stakeToken, bytes32 root, uint256 free, uint256 reserved, uint256 owed) = rewardVault.booksOf(3);
        assertEq(stakeToken, address(token));
        assertEq(uint256(root) | free | reserved | owed, 0);
        (,,,, bytes32 model, bytes32 previous,) = coordinator.stateOf(3);
        assertEq(model, terms.modelRoot);
        assertEq(previous, terms.modelRoot, "P-6: at genesis previous = old");
    }

    /// @notice Section 5: limits hold here as in {Limits}; what is refused leaves no trace.
    function test_RevertWhen_createFederation_outOfRange() public {
        Terms memory terms = defaultTerms();
        terms.token = makeAddr("no contract");
        _expectTermsInvalid("token", uint160(terms.token));
        federationRegistry.createFederation(terms, defaultPolicy());
        terms = defaultTerms();
        terms.params = (1 << 27) + 1;
        _expectTermsInvalid("params", terms.params);
        federationRegistry.createFederation(terms, defaultPolicy());
        Policy memory policy = defaultPolicy();
        policy.challenge = uint24(MIN_WINDOW - 1);
        _expectPolicyInvalid("challenge", policy.challenge);
        federationRegistry.createFederation(defaultTerms(), policy);
        assertEq(federationRegistry.federations(), 2);
        assertEq(federationRegistry.sponsorOf(3), address(0));
    }

    /// @notice Section 5: the shortest window is the deployment's.
    function testFuzz_createFederation_minWindow(uint24 window) public {
        Policy memory policy = defaultPolicy();
        policy.train = uint24(bound(window, 0, 30 days));
        if (policy.train < MIN_WINDOW) _expectPolicyInvalid("train", policy.train);
        federationRegistry.createFederation(defaultTerms(), policy);
    }

    /// @notice Section 3: what it was deployed with.
    function test_wiring() public view {
        assertEq(address(federationRegistry.registry()), address(registry));
        assertEq(address(federationRegistry.coordinator()), address(coordinator));
        assertEq(federationRegistry.minWindow(), MIN_WINDOW);
    }

    /// @notice Unknown federations read as nothing.
    function test_views_unknown() public view {
        assertEq(federationRegistry.sponsorOf(99), address(0));
        assertEq(federationRegistry.versionOf(99), 0);
        assertEq(federationRegistry.termsOf(99).token, address(0));
        assertEq(federationRegistry.policyOf(fid, 2).train, 0);
    }

    /* ------------------------------------------- POLICY ------------------------------------------- */

    /// @notice P-7: a new version; the old one stays.
    function test_P7_setPolicy() public {
        Policy memory policy = defaultPolicy();
        (policy.reward, policy.seats, policy.train) = (7, 9, 11);
        vm.expectEmit(address(federationRegistry));
        emit IFederationRegistry.PolicyChanged(fid, 2, policy);
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, policy);
        assertEq(federationRegistry.versionOf(fid), 2);
        assertEq(federationRegistry.versionOf(closedFid), 1);
        assertEq(abi.encode(federationRegistry.policyOf(fid, 2)), abi.encode(policy));
        assertEq(abi.encode(federationRegistry.policyOf(fid, 1)), abi.encode(defaultPolicy()));
        assertEq(lens.federationOf(fid).version, 2);
    }

    /// @notice P-7, F-47: an open round keeps its version; the next one takes the newest.
    function test_P7_setPolicy_amidARound() public {
        _fill();
        openRound();
        uint256 trainEnd = lens.roundOf(fid).trainEnd;
        Policy memory policy = defaultPolicy();
        (policy.train, policy.reward) = (2000, 3e18);
        vm.startPrank(sponsor);
        federationRegistry.setPolicy(fid, defaultPolicy());
        federationRegistry.setPolicy(fid, policy);
        vm.stopPrank();
        assertEq(lens.roundOf(fid).version, 1);
        assertEq(lens.roundOf(fid).trainEnd, trainEnd);
        playRound();
        assertEq(lens.roundOf(fid).version, 3);
        (,,, uint256 reserved,) = rewardVault.booksOf(fid);
        assertEq(reserved, 3e18);
    }

    /// @notice P-7: members keep the stake they joined with; who joins now locks the new one.
    function test_P7_setPolicy_stakesOfMembersStay() public {
        vm.prank(alice);
        federationRegistry.join(fid, TRAINER_ROLE);
        Policy memory policy = defaultPolicy();
        policy.trainerStake = 250e18;
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, policy);
        vm.prank(bob);
        federationRegistry.join(fid, TRAINER_ROLE);
        _assertLocked(alice, 100e18);
        _assertLocked(bob, 250e18);
        vm.startPrank(alice);
        coordinator.leaveFederation(fid);
        coordinator.unbond(fid, alice);
        _assertLocked(alice, 0);
    }

    /// @notice F-48: nobody but the sponsor, not even another federation's.
    function testFuzz_RevertWhen_setPolicy_notSponsor(address caller) public {
        vm.assume(caller != sponsor);
        _expectUnauthorised(caller);
        vm.prank(caller);
        federationRegistry.setPolicy(fid, defaultPolicy());
        assertEq(federationRegistry.versionOf(fid), 1);
    }

    function test_RevertWhen_setPolicy_unknownFederation() public {
        _expectUnauthorised(sponsor);
        vm.prank(sponsor);
        federationRegistry.setPolicy(99, defaultPolicy());
    }

    /// @notice P-7: later versions obey the same limits.
    function test_RevertWhen_setPolicy_outOfRange() public {
        Policy memory policy = defaultPolicy();
        policy.quorum = 33;
        _expectPolicyInvalid("quorum", 33);
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, policy);
        assertEq(federationRegistry.versionOf(fid), 1);
    }

    /* -------------------------------------------- JOIN -------------------------------------------- */

    /// @notice Section 5: each role has its stake; joining locks their sum from the free balance.
    function test_join_locksTheRolesStakes() public {
        Policy memory policy = defaultPolicy();
        (policy.trainerStake, policy.evaluatorStake, policy.aggregatorStake) = (50e18, 20e18, 3e18);
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, policy);
        uint256[8] memory stakes = [uint256(0), 50, 20, 70, 3, 53, 23, 73];
        for (uint8 roles = 1; roles < 8; ++roles) {
            uint256 state = vm.snapshotState();
            vm.expectEmit(address(coordinator));
            emit IRoundCoordinator.Joined(fid, alice, roles, 1, stakes[roles] * 1e18);
            vm.prank(alice);
            federationRegistry.join(fid, roles);
            _assertLocked(alice, stakes[roles] * 1e18);
            MemberView memory member = lens.memberOf(fid, alice);
            assertEq(member.roles, roles);
            assertEq(member.stake, stakes[roles] * 1e18);
            vm.revertToState(state);
        }
    }

    function testFuzz_RevertWhen_join_rolesInvalid(uint8 roles) public {
        vm.assume(roles == 0 || roles > 7);
        vm.expectRevert(abi.encodeWithSelector(IFederationRegistry.FederationRegistry_RolesInvalid.selector, roles));
        vm.prank(alice);
        federationRegistry.join(fid, roles);
    }

    function test_RevertWhen_join_unknownFederation() public {
        uint256[4] memory ids = [uint256(0), 3, 1 << 96 | fid, type(uint256).max];
        for (uint256 i; i < ids.length; ++i) {
            _expectUnknown(ids[i]);
            vm.prank(alice);
            federationRegistry.join(ids[i], TRAINER_ROLE);
        }
    }

    function test_RevertWhen_join_notOperator() public {
        address stranger = makeAddr("stranger");
        _expectUnauthorised(stranger);
        vm.prank(stranger);
        federationRegistry.join(fid, TRAINER_ROLE);
    }

    /// @notice Section 2: a worker key cannot lock its operator's stake.
    function test_RevertWhen_join_byWorkerKey() public {
        address worker = _workerOf(alice);
        _expectUnauthorised(worker);
        vm.prank(worker);
        federationRegistry.join(fid, TRAINER_ROLE);
    }

    /// @notice Section 5: where admission is by invitation, none is needed to be refused.
    function test_RevertWhen_join_byInvitationOnly() public {
        _expectInvitationInvalid(0, 0);
        vm.prank(alice);
        federationRegistry.join(closedFid, TRAINER_ROLE);
    }

    /// @notice F-1, F-3: nobody joins without the stake.
    function test_RevertWhen_join_stakeMissing() public {
        vm.prank(alice);
        stakeVault.withdraw(address(token), 900e18 + 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_BalanceTooSmall.selector, 100e18 - 1, 100e18));
        vm.prank(alice);
        federationRegistry.join(fid, TRAINER_ROLE);
    }

    /// @notice F-3: one stake does not serve two federations.
    function test_join_twoFederationsLockTwice() public {
        uint256 second = createFederation(defaultTerms(), defaultPolicy());
        vm.startPrank(alice);
        federationRegistry.join(fid, TRAINER_ROLE);
        federationRegistry.join(second, TRAINER_ROLE);
        vm.stopPrank();
        _assertLocked(alice, 200e18);
    }

    /// @notice F-2: an id whose low 96 bits are a federation's frees no stake of its members.
    function testFuzz_RevertWhen_leaving_idBeyond96Bits(uint256 high, uint8 roles) public {
        roles = uint8(bound(roles, 1, 7));
        uint256 other = fid | bound(high, 1, type(uint160).max) << 96;
        vm.startPrank(alice);
        federationRegistry.join(fid, roles);
        (, uint256 locked) = stakeVault.accountOf(address(token), alice);
        vm.expectRevert();
        coordinator.leaveFederation(other);
        vm.expectRevert();
        coordinator.unbond(other, alice);
        coordinator.leaveFederation(fid);
        vm.expectRevert();
        coordinator.unbond(other, alice);
        _assertLocked(alice, locked);
        coordinator.unbond(fid, alice);
        _assertLocked(alice, 0);
    }

    function test_RevertWhen_join_twice() public {
        vm.startPrank(alice);
        federationRegistry.join(fid, TRAINER_ROLE);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_AlreadyMember.selector, alice));
        federationRegistry.join(fid, EVALUATOR_ROLE);
    }

    /// @notice Section 5, F-19: no trainer joins beyond the newest policy's maximum; other roles still do.
    function test_RevertWhen_join_tooManyTrainers() public {
        Policy memory policy = defaultPolicy();
        policy.maxTrainers = 3;
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, policy);
        for (uint256 i; i < 3; ++i) {
            join(string.concat("trainer", vm.toString(i)), TRAINER_ROLE);
        }
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Full.selector, 3, 3));
        federationRegistry.join(fid, TRAINER_ROLE);
        federationRegistry.join(fid, EVALUATOR_ROLE);
    }

    function test_RevertWhen_join_closed() public {
        vm.prank(sponsor);
        coordinator.close(fid);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Closed.selector, fid));
        vm.prank(alice);
        federationRegistry.join(fid, TRAINER_ROLE);
    }

    /* ----------------------------------------- INVITATIONS ---------------------------------------- */

    /// @notice Section 5: who is invited joins; the invitation is spent.
    function test_joinInvited() public {
        assertFalse(federationRegistry.isSpent(closedFid, NONCE));
        _joinInvited(alice, TRAINER_ROLE, _invite(alice, TRAINER_ROLE, NONCE, expiry));
        assertTrue(federationRegistry.isSpent(closedFid, NONCE));
        assertEq(lens.memberOf(closedFid, alice).roles, TRAINER_ROLE);
        _assertLocked(alice, 100e18);
    }

    /// @notice Section 5: an invitation is good in an open federation, too.
    function test_joinInvited_openFederation() public {
        bytes32 digest = _digest(NAME, block.chainid, address(federationRegistry), fid, alice, 3, NONCE, expiry);
        vm.prank(alice);
        federationRegistry.joinInvited(fid, 3, Invitation(NONCE, expiry, Signatures.sign(sponsorKey, digest)));
        assertEq(lens.memberOf(fid, alice).roles, 3);
        assertTrue(federationRegistry.isSpent(fid, NONCE));
        assertFalse(federationRegistry.isSpent(closedFid, NONCE));
    }

    /// @notice F-51: an invitation is good to its last second, and not one more.
    function test_joinInvited_aroundItsExpiry() public {
        Invitation memory invitation = _invite(alice, TRAINER_ROLE, NONCE, expiry);
        vm.warp(expiry + 1);
        _expectInvitationInvalid(NONCE, expiry);
        _joinInvited(alice, TRAINER_ROLE, invitation);
        for (uint256 early; early < 2; ++early) {
            uint256 state = vm.snapshotState();
            vm.warp(expiry - early);
            _joinInvited(alice, TRAINER_ROLE, invitation);
            assertEq(lens.memberOf(closedFid, alice).roles, TRAINER_ROLE);
            vm.revertToState(state);
        }
    }

    /// @notice F-52: an invitation is good once: who left does not come back by it.
    function test_RevertWhen_joinInvited_again() public {
        Invitation memory invitation = _invite(alice, TRAINER_ROLE, NONCE, expiry);
        _joinInvited(alice, TRAINER_ROLE, invitation);
        vm.startPrank(alice);
        coordinator.leaveFederation(closedFid);
        coordinator.unbond(closedFid, alice);
        vm.stopPrank();
        _expectInvitationInvalid(NONCE, expiry);
        _joinInvited(alice, TRAINER_ROLE, invitation);
        _joinInvited(alice, TRAINER_ROLE, _invite(alice, TRAINER_ROLE, NONCE + 1, expiry));
    }

    /// @notice F-52: two invitations of one nonce: the first one used spends both.
    function test_RevertWhen_joinInvited_nonceOfAnother() public {
        _joinInvited(alice, TRAINER_ROLE, _invite(alice, TRAINER_ROLE, NONCE, expiry));
        _expectRefused(bob, TRAINER_ROLE, _invite(bob, TRAINER_ROLE, NONCE, expiry));
        _joinInvited(bob, TRAINER_ROLE, _invite(bob, TRAINER_ROLE, NONCE + 1, expiry));
    }

    /// @notice F-52: a failed joining spends nothing.
    function test_joinInvited_failedJoinSpendsNothing() public {
        Invitation memory invitation = _invite(alice, 7, NONCE, expiry);
        vm.prank(alice);
        stakeVault.withdraw(address(token), 900e18, alice);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_BalanceTooSmall.selector, 100e18, 300e18));
        _joinInvited(alice, 7, invitation);
        assertFalse(federationRegistry.isSpent(closedFid, NONCE));
        vm.startPrank(alice);
        token.approve(address(stakeVault), 900e18);
        stakeVault.deposit(address(token), alice, 900e18);
        vm.stopPrank();
        _joinInvited(alice, 7, invitation);
    }

    /// @notice Section 5: an invitation is bound to the operator ...
    function test_RevertWhen_joinInvited_invitationOfAnother() public {
        _expectRefused(bob, TRAINER_ROLE, _invite(alice, TRAINER_ROLE, NONCE, expiry));
    }

    /// @notice Section 5: ... to the roles ...
    function testFuzz_RevertWhen_joinInvited_otherRoles(uint8 invited, uint8 wanted) public {
        vm.assume(invited != wanted);
        _expectRefused(alice, wanted, _invite(alice, invited, NONCE, expiry));
    }

    /// @notice Section 5: ... to nonce and expiry ...
    function testFuzz_RevertWhen_joinInvited_otherNonceOrExpiry(uint256 nonce, uint256 late) public {
        late = bound(late, block.timestamp, type(uint256).max);
        vm.assume(nonce != NONCE || late != expiry);
        Invitation memory invitation = _invite(alice, TRAINER_ROLE, NONCE, expiry);
        (invitation.nonce, invitation.expiry) = (nonce, late);
        _expectRefused(alice, TRAINER_ROLE, invitation);
    }

    /// @notice Section 5: ... and to the federation.
    function test_RevertWhen_joinInvited_toAnotherFederation() public {
        uint256 other = createFederation(_invitationTerms(), defaultPolicy());
        Invitation memory invitation = _invite(alice, TRAINER_ROLE, NONCE, expiry);
        _expectInvitationInvalid(NONCE, expiry);
        vm.prank(alice);
        federationRegistry.joinInvited(other, TRAINER_ROLE, invitation);
    }

    /// @notice Section 2: an invitation does not make an operator of a stranger or of a worker key.
    function test_RevertWhen_joinInvited_notOperator() public {
        address[2] memory callers = [makeAddr("stranger"), _workerOf(alice)];
        for (uint256 i; i < callers.length; ++i) {
            Invitation memory invitation = _invite(callers[i], TRAINER_ROLE, NONCE, expiry);
            _expectUnauthorised(callers[i]);
            _joinInvited(callers[i], TRAINER_ROLE, invitation);
        }
        assertFalse(federationRegistry.isSpent(closedFid, NONCE));
    }

    function test_RevertWhen_joinInvited_rolesInvalid() public {
        Invitation memory invitation = _invite(alice, 8, NONCE, expiry);
        vm.expectRevert(abi.encodeWithSelector(IFederationRegistry.FederationRegistry_RolesInvalid.selector, 8));
        _joinInvited(alice, 8, invitation);
    }

    /// @notice F-52: a federation that does not exist has sponsor zero, for whom no signature speaks.
    function testFuzz_RevertWhen_joinInvited_unknownFederation(bytes32 r, bytes32 s, uint8 v) public {
        _expectUnknown(99);
        vm.prank(alice);
        federationRegistry.joinInvited(99, TRAINER_ROLE, Invitation(NONCE, expiry, abi.encodePacked(r, s, v)));
    }

    /// @notice F-52: nobody invites but the sponsor.
    function testFuzz_RevertWhen_joinInvited_signedByAnother(uint256 key) public {
        key = bound(key, 1, Signatures.N - 1);
        vm.assume(key != sponsorKey);
        bytes32 digest = _digest(NAME, block.chainid, address(federationRegistry), closedFid, alice, 1, NONCE, expiry);
        _expectRefused(alice, 1, Invitation(NONCE, expiry, Signatures.sign(key, digest)));
    }

    /// @notice F-52: mirrored, empty, zero, cut, padded and compact signatures are refused.
    function test_RevertWhen_joinInvited_badSignature() public {
        bytes32 digest = _digest(NAME, block.chainid, address(federationRegistry), closedFid, alice, 1, NONCE, expiry);
        bytes[] memory list = Signatures.bad(sponsorKey, digest);
        for (uint256 i; i < list.length; ++i) {
            _expectRefused(alice, 1, Invitation(NONCE, expiry, list[i]));
        }
    }

    /// @notice F-52: an invitation on another chain is none.
    function testFuzz_RevertWhen_joinInvited_ofAnotherChain(uint64 chainId) public {
        vm.assume(chainId != 0 && chainId != block.chainid);
        Invitation memory invitation = _invite(alice, 1, NONCE, expiry);
        vm.chainId(chainId);
        _expectRefused(alice, 1, invitation);
    }

    /// @notice F-52: an invitation to another registry, or under another name, is none.
    function test_RevertWhen_joinInvited_ofAnotherDomain() public {
        address other =
            deployCode("FederationRegistry.sol:FederationRegistry", abi.encode(registry, coordinator, MIN_WINDOW));
        bytes32 digest = _digest(NAME, block.chainid, other, closedFid, alice, 1, NONCE, expiry);
        _expectRefused(alice, 1, Invitation(NONCE, expiry, Signatures.sign(sponsorKey, digest)));
        digest = _digest(
            "Parley RewardVault", block.chainid, address(federationRegistry), closedFid, alice, 1, NONCE, expiry
        );
        _expectRefused(alice, 1, Invitation(NONCE, expiry, Signatures.sign(sponsorKey, digest)));
    }

    /// @notice Section 5: a wallet sponsors and invites by ERC-1271; once it says no, its invitations are void.
    function test_joinInvited_byWallet() public {
        (Wallet wallet, uint256 id) = _walletFederation();
        assertEq(federationRegistry.sponsorOf(id), address(wallet));
        bytes32 digest = _digest(NAME, block.chainid, address(federationRegistry), id, alice, 1, NONCE, expiry);
        Invitation memory invitation = Invitation(NONCE, expiry, Signatures.sign(sponsorKey, digest));
        for (uint256 mode = 1; mode <= uint256(type(Wallet.Mode).max); ++mode) {
            wallet.setMode(Wallet.Mode(mode));
            _expectInvitationInvalid(NONCE, expiry);
            vm.prank(alice);
            federationRegistry.joinInvited(id, 1, invitation);
        }
        wallet.setMode(Wallet.Mode.Honest);
        vm.prank(alice);
        federationRegistry.joinInvited(id, 1, invitation);
        assertEq(lens.memberOf(id, alice).roles, 1);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    /// @dev Three trainers, three evaluators, an aggregator and a budget: enough for rounds.
    function _fill() private {
        fund(100_000e18);
        for (uint256 i; i < 3; ++i) {
            trainers.push(join(string.concat("trainer", vm.toString(i)), TRAINER_ROLE));
            evaluators.push(join(string.concat("evaluator", vm.toString(i)), EVALUATOR_ROLE));
        }
        aggregators.push(join("aggregator", AGGREGATOR_ROLE));
    }

    function _invitationTerms() private view returns (Terms memory terms) {
        terms = defaultTerms();
        terms.admission = Admission.Invitation;
    }

    /// @dev A federation by invitation whose sponsor is a wallet of `sponsorKey`.
    function _walletFederation() private returns (Wallet wallet, uint256 id) {
        wallet = new Wallet(sponsor);
        bytes memory call_ = abi.encodeCall(federationRegistry.createFederation, (_invitationTerms(), defaultPolicy()));
        id = abi.decode(wallet.execute(address(federationRegistry), call_), (uint256));
    }

    function _workerOf(address operator) private returns (address worker) {
        uint256 key;
        (worker, key) = makeAddrAndKey("worker");
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Worker(address operator,address worker,uint256 nonce,uint256 deadline)"),
                operator,
                worker,
                0,
                expiry
            )
        );
        bytes32 separator = Signatures.domain("Parley ParticipantRegistry", block.chainid, address(registry));
        vm.prank(operator);
        registry.nameWorker(worker, expiry, Signatures.sign(key, Signatures.digest(separator, structHash)));
    }

    function _invite(address operator, uint8 roles, uint256 nonce, uint256 expiry_)
        private
        view
        returns (Invitation memory)
    {
        bytes32 digest =
            _digest(NAME, block.chainid, address(federationRegistry), closedFid, operator, roles, nonce, expiry_);
        return Invitation(nonce, expiry_, Signatures.sign(sponsorKey, digest));
    }

    function _digest(
        string memory name,
        uint256 chainId,
        address verifier,
        uint256 id,
        address operator,
        uint8 roles,
        uint256 nonce,
        uint256 expiry_
    ) private pure returns (bytes32) {
        return Signatures.digest(
            Signatures.domain(name, chainId, verifier),
            keccak256(abi.encode(INVITATION_TYPEHASH, id, operator, roles, nonce, expiry_))
        );
    }

    function _joinInvited(address operator, uint8 roles, Invitation memory invitation) private {
        vm.prank(operator);
        federationRegistry.joinInvited(closedFid, roles, invitation);
    }

    function _expectRefused(address operator, uint8 roles, Invitation memory invitation) private {
        _expectInvitationInvalid(invitation.nonce, invitation.expiry);
        _joinInvited(operator, roles, invitation);
    }

    function _assertLocked(address operator, uint256 expected) private view {
        (, uint256 locked) = stakeVault.accountOf(address(token), operator);
        assertEq(locked, expected, "locked");
    }

    function _expectInvitationInvalid(uint256 nonce, uint256 expiry_) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFederationRegistry.FederationRegistry_InvitationInvalid.selector, nonce, expiry_)
        );
    }

    function _expectTermsInvalid(bytes32 name, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFederationRegistry.FederationRegistry_TermsInvalid.selector, name, value)
        );
    }

    function _expectPolicyInvalid(bytes32 name, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFederationRegistry.FederationRegistry_PolicyInvalid.selector, name, value)
        );
    }

    function _expectUnknown(uint256 id) private {
        vm.expectRevert(abi.encodeWithSelector(IFederationRegistry.FederationRegistry_FederationUnknown.selector, id));
    }

    function _expectUnauthorised(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IFederationRegistry.FederationRegistry_Unauthorised.selector, caller));
    }
}
