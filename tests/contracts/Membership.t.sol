// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFederationRegistry} from "../../contracts/interfaces/IFederationRegistry.sol";
import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {IStakeVault} from "../../contracts/interfaces/IStakeVault.sol";
import {FederationView, Header, MemberView, RoundPolicy, Terms} from "../../contracts/interfaces/ParleyTypes.sol";
import {Base} from "./utils/Base.sol";

/// @dev Deploys and passes a revert on, which the cheat code hides.
contract Deployer {
    function create(bytes memory code) external returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
            if iszero(deployed) {
                returndatacopy(0x00, 0x00, returndatasize())
                revert(0x00, returndatasize())
            }
        }
    }
}

/// @title MembershipTest
/// @notice Wiring, entering, leaving, unbonding, coming back, member indices and the bound of the reward tree.
contract MembershipTest is Base {
    Deployer private deployer = new Deployer();

    function setUp() public {
        setUpFederation(3, 3, 2);
    }

    /* ------------------------------------------- WIRING ------------------------------------------- */

    /// @notice Vaults that name another coordinator, and dependencies without code, are refused at deployment.
    function test_RevertWhen_deploy_miswired() public {
        _expectMiswired(makeAddr("registry"));
        _deploy(makeAddr("registry"), address(stakeVault), address(rewardVault), address(federationRegistry));
        _expectMiswired(makeAddr("federations"));
        _deploy(address(registry), address(stakeVault), address(rewardVault), makeAddr("federations"));
        _expectMiswired(address(stakeVault));
        _deploy(address(registry), address(stakeVault), address(rewardVault), address(federationRegistry));
        // the deployer's nonce counts failed creations, too: this is the fifth
        address next = vm.computeCreateAddress(address(deployer), vm.getNonce(address(deployer)));
        address own = deployCode("StakeVault.sol:StakeVault", abi.encode(next));
        _expectMiswired(address(rewardVault));
        _deploy(address(registry), own, address(rewardVault), address(federationRegistry));
    }

    /// @notice F-51: a deployment's shortest window is at least a second, or a policy could set turns of no length, and
    /// no poke would end its rounds.
    function test_RevertWhen_deploy_windowsMayBeZero() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IFederationRegistry.FederationRegistry_PolicyInvalid.selector, bytes32("minWindow"), 0
            )
        );
        bytes memory code = vm.getCode("FederationRegistry.sol:FederationRegistry");
        deployer.create(bytes.concat(code, abi.encode(registry, coordinator, 0)));
    }

    /// @notice Only the federation registry enters federations, adopts policies and admits members.
    function testFuzz_RevertWhen_notFederationRegistry(address caller) public {
        vm.assume(caller != address(federationRegistry));
        RoundPolicy memory policy;
        vm.startPrank(caller);
        bytes memory unauthorised =
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Unauthorised.selector, caller);
        vm.expectRevert(unauthorised);
        coordinator.enter(7, address(token), 1, 1, 0, keccak256("root"), policy);
        vm.expectRevert(unauthorised);
        coordinator.adopt(fid, policy);
        vm.expectRevert(unauthorised);
        coordinator.admit(fid, caller, TRAINER_ROLE, 0, 256);
    }

    /// @notice P-8: only the sponsor closes, and once.
    function testFuzz_RevertWhen_close_notSponsor(address caller) public {
        vm.assume(caller != sponsor && caller != address(0)); // nobody calls from zero, the sponsor of what does not exist
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Unauthorised.selector, caller));
        coordinator.close(fid);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Unauthorised.selector, caller));
        coordinator.close(99);
        vm.startPrank(sponsor);
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.FederationClosed(fid);
        coordinator.close(fid);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Closed.selector, fid));
        coordinator.close(fid);
    }

    /// @notice P-7: version numbers end at 65535; the last one is not overrun.
    function test_RevertWhen_adopt_versionsExhausted() public {
        RoundPolicy memory policy;
        vm.startPrank(address(federationRegistry));
        bytes32 slot = _federationSlot();
        uint256 word = uint256(vm.load(address(coordinator), slot));
        vm.store(address(coordinator), slot, bytes32(word & ~uint256(0xFFFF << 24) | 0xFFFE << 24));
        assertEq(coordinator.adopt(fid, policy), 0xFFFF);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Full.selector, 0x10000, 0x10000));
        coordinator.adopt(fid, policy);
    }

    /* ------------------------------------------- LEAVING ------------------------------------------ */

    /// @notice Leaving takes a member off the next round's counts and tells until when it may act.
    function test_leaveFederation() public {
        openRound();
        vm.prank(trainers[1]);
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.Left(fid, trainers[1], 1);
        coordinator.leaveFederation(fid);
        FederationView memory f = lens.federationOf(fid);
        assertEq(f.trainers, 2);
        assertEq(lens.memberOf(fid, trainers[1]).until, 1);
        assertEq(lens.roundOf(fid).trainers, 3, "it may still act in this round");
        commitUpdate(trainers[1]);
        assertTrue(lens.memberOf(fid, trainers[1]).committed);
    }

    /// @notice F-2: stake is slashable, that is locked, until the last round that a member may act in is over.
    function test_P17_leaveFederation_stakeStaysLocked() public {
        openRound();
        vm.prank(trainers[1]);
        coordinator.leaveFederation(fid);
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), trainers[1]);
        assertEq(locked, 100e18);
        vm.prank(trainers[1]);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StakeVault_BalanceTooSmall.selector, free, free + locked));
        stakeVault.withdraw(address(token), free + locked, trainers[1]);
    }

    /// @notice Between rounds nobody takes part in anything: the stake is free at once.
    function test_leaveFederation_betweenRounds_unbondsAtOnce() public {
        vm.prank(trainers[1]);
        coordinator.leaveFederation(fid);
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.Unbonded(fid, trainers[1], 100e18);
        coordinator.unbond(fid, trainers[1]);
        assertEq(lens.memberOf(fid, trainers[1]).roles, 0);
    }

    function test_RevertWhen_leaveFederation_notMember() public {
        address stranger = newOperator("stranger", 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_NotMember.selector, stranger, 0, 0));
        coordinator.leaveFederation(fid);
    }

    function test_RevertWhen_leaveFederation_twice() public {
        vm.startPrank(trainers[1]);
        coordinator.leaveFederation(fid);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_NotMember.selector, trainers[1], 0, 1)
        );
        coordinator.leaveFederation(fid);
    }

    /// @notice Ids beyond 2**96, whose keys would meet those of a real federation, name none.
    function testFuzz_RevertWhen_federationUnknown(uint256 other) public {
        vm.prank(trainers[1]);
        coordinator.leaveFederation(fid);
        other = other % 2 == 0 ? bound(other, 2, type(uint96).max) : fid + (bound(other, 1, 1 << 159) << 96);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_FederationUnknown.selector, other));
        coordinator.unbond(other, trainers[1]);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_FederationUnknown.selector, other));
        vm.prank(trainers[0]);
        coordinator.leaveFederation(other);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_FederationUnknown.selector, other));
        coordinator.advance(other, noHeader());
        join("replacement", TRAINER_ROLE);
        openRound();
        for (uint256 round; round < 3; ++round) {
            vm.prank(trainers[0]);
            vm.expectRevert();
            coordinator.commitUpdate(other, round, keccak256("commitment"));
        }
        vm.expectRevert();
        coordinator.reportAbsence(other, trainers[0], TRAINER_ROLE);
    }

    function test_RevertWhen_unbond_stillMember() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_StillBonded.selector, type(uint24).max, 0)
        );
        coordinator.unbond(fid, trainers[0]);
    }

    function test_RevertWhen_unbond_stranger() public {
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_StillBonded.selector, 0, 0));
        coordinator.unbond(fid, makeAddr("stranger"));
    }

    /// @notice F-2: who left in round r is bonded until r is over, whether it ends final or void, and not longer.
    function test_unbond_onceTheNextRoundIsOpen() public {
        openRound();
        vm.prank(trainers[1]);
        coordinator.leaveFederation(fid);
        join("another", TRAINER_ROLE);
        vm.warp(lens.roundOf(fid).trainEnd);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_StillBonded.selector, 1, 1));
        coordinator.unbond(fid, trainers[1]);
        coordinator.advance(fid, noHeader());
        assertEq(current(), 2);
        coordinator.unbond(fid, trainers[1]);
        vm.prank(trainers[1]);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_NotMember.selector, trainers[1], 2, TRAINER_ROLE)
        );
        coordinator.commitUpdate(fid, 2, keccak256("late"));
    }

    /// @notice Who joins and leaves within a round never acts, and gets all of its stake back.
    function test_joinAndLeaveWithinARound() public {
        openRound();
        address brief = join("brief", 7);
        vm.prank(brief);
        coordinator.leaveFederation(fid);
        MemberView memory m = lens.memberOf(fid, brief);
        assertEq(m.from, 2);
        assertEq(m.until, 1);
        vm.warp(lens.roundOf(fid).trainEnd);
        coordinator.advance(fid, noHeader());
        tick();
        vm.prank(brief);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_NotMember.selector);
        coordinator.commitUpdate(fid, 2, keccak256("too late"));
        coordinator.unbond(fid, brief);
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), brief);
        assertEq(free, 10_000e18);
        assertEq(locked, 0);
    }

    /// @notice P-8: who leaves in a round is not counted when the next one is to open.
    function test_P8_leaving_mayKeepTheNextRoundClosed() public {
        openRound();
        vm.prank(trainers[0]);
        coordinator.leaveFederation(fid);
        Header memory header = playToSettlement();
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        assertFalse(lens.federationOf(fid).live);
        (,,, uint256 reserved, uint256 owed) = rewardVault.booksOf(fid);
        assertEq(reserved, 0);
        assertEq(owed, header.earned);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_MembersMissing.selector, 2, 3, 2));
        coordinator.advance(fid, noHeader());
        join("third", TRAINER_ROLE);
        coordinator.advance(fid, noHeader());
        assertEq(current(), 2);
    }

    /* ------------------------------------------- INDICES ------------------------------------------ */

    /// @notice P-12: indices are given once, at the first reveal or settlement, in that order, and never reused.
    function test_P12_indices_areGivenOnceInOrder() public {
        openRound();
        playRound();
        uint256 taken;
        for (uint256 i; i < 3; ++i) {
            taken |= 1 << lens.memberOf(fid, trainers[i]).index | 1 << lens.memberOf(fid, evaluators[i]).index;
        }
        assertEq(taken, 63);
        address settler = lens.memberOf(fid, aggregators[0]).hasIndex ? aggregators[0] : aggregators[1];
        assertEq(lens.memberOf(fid, settler).index, 6);
        playRound();
        assertLe(lens.federationOf(fid).memberCount, 8);
        assertEq(lens.memberOf(fid, settler).index, 6);
    }

    /// @notice P-12: an operator that is no member and settles in turn 4 gets an index, and keeps it when it joins.
    function test_P12_outsider_keepsItsIndexWhenItJoins() public {
        openRound();
        trainAll();
        scoreAll();
        vm.warp(lens.roundOf(fid).scoreRevealEnd + 48);
        address outsider = newOperator("outsider", 1000e18);
        settle(outsider, settlementOf(1));
        MemberView memory m = lens.memberOf(fid, outsider);
        assertTrue(m.hasIndex);
        assertEq(m.roles, 0);
        uint256 index = m.index;
        vm.prank(outsider);
        federationRegistry.join(fid, TRAINER_ROLE);
        m = lens.memberOf(fid, outsider);
        assertEq(m.index, index);
        assertEq(m.from, 2);
    }

    /// @notice P-12: the depth of the reward tree bounds who can ever earn: nobody joins a full one, nobody gets a leaf of
    /// another, and whoever has one may still come and go.
    function test_P12_fullTree_refusesNewMembers() public {
        Terms memory terms = defaultTerms();
        terms.rewardDepth = 2;
        _newFederation(terms);
        for (uint256 i; i < 3; ++i) {
            trainers.push(_joined(string.concat("t", vm.toString(i)), TRAINER_ROLE | EVALUATOR_ROLE));
        }
        evaluators = trainers;
        aggregators.push(_joined("a", AGGREGATOR_ROLE));
        openRound();
        address waiting = _joined("waiting", TRAINER_ROLE);
        playRound();
        assertEq(lens.federationOf(fid).memberCount, 4);
        address late = newOperator("late", 1000e18);
        vm.prank(late);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Full.selector, 4, 4));
        federationRegistry.join(fid, TRAINER_ROLE);
        commitUpdate(waiting);
        trainers.pop();
        for (uint256 i; i < 2; ++i) {
            commitUpdate(trainers[i]);
        }
        vm.warp(lens.roundOf(fid).trainEnd);
        bytes32 root = secret("root", waiting, 2);
        (bytes32 digest, bytes32 salt) = (secret("digest", waiting, 2), secret("salt", waiting, 2));
        vm.prank(waiting);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Full.selector, 4, 4));
        coordinator.revealUpdate(fid, 2, root, digest, salt);
        revealUpdate(trainers[0]);
    }

    /// @notice P-12: at depth 16 there are 65535 leaves, for index + 1 must fit 16 bits.
    function test_P12_deepestTree_hasOneLeafLess() public {
        Terms memory terms = defaultTerms();
        terms.rewardDepth = 16;
        _newFederation(terms);
        bytes32 slot = _federationSlot();
        uint256 word = uint256(vm.load(address(coordinator), slot));
        vm.store(address(coordinator), slot, bytes32(word | uint256(0xFFFE) << 120));
        assertEq(lens.federationOf(fid).memberCount, 65_534);
        for (uint256 i; i < 3; ++i) {
            trainers.push(_joined(string.concat("t", vm.toString(i)), 7));
        }
        openRound();
        for (uint256 i; i < 3; ++i) {
            commitUpdate(trainers[i]);
        }
        tick();
        revealUpdate(trainers[0]);
        assertEq(lens.memberOf(fid, trainers[0]).index, 65_534);
        assertEq(lens.federationOf(fid).memberCount, 65_535);
        vm.prank(trainers[1]);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Full.selector, 65_535, 65_535));
        coordinator.revealUpdate(
            fid, 1, secret("root", trainers[1], 1), secret("digest", trainers[1], 1), secret("salt", trainers[1], 1)
        );
    }

    /* ------------------------------------------- TWO OF ALL --------------------------------------- */

    /// @notice One operator in two federations: each has its own membership, index, stake and round.
    function test_twoFederations_keepApart() public {
        uint256 first = fid;
        openRound();
        uint256 second = createFederation(defaultTerms(), defaultPolicy());
        vm.prank(trainers[0]);
        federationRegistry.join(second, TRAINER_ROLE | AGGREGATOR_ROLE);
        assertEq(lens.memberOf(first, trainers[0]).roles, TRAINER_ROLE);
        assertEq(lens.memberOf(second, trainers[0]).roles, TRAINER_ROLE | AGGREGATOR_ROLE);
        (, uint256 locked) = stakeVault.accountOf(address(token), trainers[0]);
        assertEq(locked, 300e18);
        vm.prank(trainers[0]);
        coordinator.leaveFederation(second);
        coordinator.unbond(second, trainers[0]);
        assertEq(lens.memberOf(first, trainers[0]).roles, TRAINER_ROLE);
        commitUpdate(trainers[0]);
        assertFalse(lens.memberOf(second, trainers[0]).committed);
        (, locked) = stakeVault.accountOf(address(token), trainers[0]);
        assertEq(locked, 100e18);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _newFederation(Terms memory terms) private {
        fid = createFederation(terms, defaultPolicy());
        fund(10_000e18);
        (trainers, evaluators, aggregators) = (new address[](0), new address[](0), new address[](0));
    }

    function _joined(string memory name, uint8 roles) private returns (address) {
        return join(string.concat("small ", name), roles);
    }

    /// @dev Where the coordinator keeps the federation's word: found by what it holds.
    function _federationSlot() private returns (bytes32) {
        (uint256 word,,,,,,) = _stateOf();
        vm.record();
        coordinator.stateOf(fid);
        (bytes32[] memory reads,) = vm.accesses(address(coordinator));
        for (uint256 i; i < reads.length; ++i) {
            if (uint256(vm.load(address(coordinator), reads[i])) == word) return reads[i];
        }
        revert("not found");
    }

    function _stateOf() private view returns (uint256, uint256, bytes32, uint256, bytes32, bytes32, bytes32) {
        (bool done, bytes memory answer) = address(coordinator).staticcall(abi.encodeCall(coordinator.stateOf, (fid)));
        assertTrue(done, "a view of what is there");
        return abi.decode(answer, (uint256, uint256, bytes32, uint256, bytes32, bytes32, bytes32));
    }

    function _deploy(address registry_, address stakes, address rewards, address federations) private {
        bytes memory code = vm.getCode("RoundCoordinator.sol:RoundCoordinator");
        deployer.create(bytes.concat(code, abi.encode(registry_, stakes, rewards, federations, address(0))));
    }

    function _expectMiswired(address dependency) private {
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_Miswired.selector, dependency));
    }
}
