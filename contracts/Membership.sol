// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFederationRegistry} from "./interfaces/IFederationRegistry.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IRewardVault} from "./interfaces/IRewardVault.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {RoundPolicy} from "./interfaces/ParleyTypes.sol";
import {FederationState, FederationWord} from "./libraries/FederationState.sol";
import {AGGREGATOR, EVALUATOR, MemberState, MemberWord, TRAINER} from "./libraries/MemberState.sol";
import {RecordWord} from "./libraries/RecordState.sol";
import {RoundWord} from "./libraries/RoundState.sol";

/// @title Membership
/// @notice All state of the coordinator, and who belongs to a federation: entering, joining, leaving, unbonding, and the
/// rosters that seats and turns are drawn from. See {IRoundCoordinator}.
abstract contract Membership is IRoundCoordinator {
    /// @dev What the coordinator needs of a federation's terms, one slot.
    struct Frame {
        address token;
        uint24 rounds;
        uint8 rewardDepth;
    }

    /// @dev The current or last round of a federation. Seed and settlement are of an earlier round until the word says that
    /// there is one: `seeded`, `finalAt`.
    struct Round {
        RoundWord word;
        bytes32 seed;
        bytes32 settlement;
    }

    /// @notice Identities.
    IParticipantRegistry public immutable registry;
    /// @notice Stakes and bonds.
    IStakeVault public immutable stakeVault;
    /// @inheritdoc IRoundCoordinator
    IRewardVault public immutable rewardVault;
    /// @inheritdoc IRoundCoordinator
    IFederationRegistry public immutable federationRegistry;
    /// @inheritdoc IRoundCoordinator
    address public immutable disputes;

    mapping(uint256 fid => Frame) internal _frames;
    mapping(uint256 fid => mapping(uint256 version => RoundPolicy)) internal _policies;
    mapping(uint256 fid => FederationWord) internal _federations;
    mapping(uint256 fid => Round) internal _rounds;
    /// @dev Top 232 bits of the last opened key of the validation chain, then its round in 24 bits (P-24).
    mapping(uint256 fid => uint256) internal _keys;
    /// @dev The last two final models; {FederationState.modelBit} says which slot is the newer.
    mapping(uint256 fid => bytes32[2]) internal _models;

    /// @dev Keyed by `_key(fid, operator)`: one hash less than a nested mapping on the hot path.
    mapping(uint256 key => MemberWord) internal _members;
    /// @dev The rosters that seats and turns are drawn from: role, position, operator.
    mapping(uint256 fid => mapping(uint256 role => mapping(uint256 position => address))) internal _rosters;
    /// @dev Keyed by `_key(fid, operator)`.
    mapping(uint256 key => RecordWord) internal _updates;
    /// @dev Keyed by `fid << 8 | seat`.
    mapping(uint256 key => RecordWord) internal _scores;
    /// @dev Word roots by reveal index; valid below the current round's count of reveals.
    /// Keyed by `fid << 8 | index`.
    mapping(uint256 key => bytes32) internal _roots;

    /// @dev Refuses dependencies that were deployed for another coordinator.
    constructor(
        IParticipantRegistry registry_,
        IStakeVault stakeVault_,
        IRewardVault rewardVault_,
        IFederationRegistry federationRegistry_,
        address disputes_
    ) {
        if (address(registry_).code.length == 0) {
            revert RoundCoordinator_Miswired(address(registry_));
        }
        if (address(federationRegistry_).code.length == 0) {
            revert RoundCoordinator_Miswired(address(federationRegistry_));
        }
        if (stakeVault_.coordinator() != address(this)) revert RoundCoordinator_Miswired(address(stakeVault_));
        if (rewardVault_.coordinator() != address(this)) revert RoundCoordinator_Miswired(address(rewardVault_));
        registry = registry_;
        stakeVault = stakeVault_;
        rewardVault = rewardVault_;
        federationRegistry = federationRegistry_;
        disputes = disputes_;
    }

    /// @dev Only the federation registry of this deployment may call.
    modifier onlyFederationRegistry() {
        if (msg.sender != address(federationRegistry)) revert RoundCoordinator_Unauthorised(msg.sender);
        _;
    }

    /// @dev Convictions, postponements and slashes come from the disputes contract.
    modifier onlyDisputes() {
        if (msg.sender != disputes) revert RoundCoordinator_Unauthorised(msg.sender);
        _;
    }

    /* ------------------------------------------ ENTERING ------------------------------------------ */

    /// @inheritdoc IRoundCoordinator
    function enter(
        uint256 fid,
        address token,
        uint24 rounds,
        uint8 rewardDepth,
        bytes32 anchor,
        bytes32 modelRoot,
        RoundPolicy calldata policy
    ) external onlyFederationRegistry {
        _frames[fid] = Frame(token, rounds, rewardDepth);
        _policies[fid][1] = policy;
        _federations[fid] = FederationState.created(anchor != 0);
        _keys[fid] = uint256(anchor) & ~uint256(0xFFFFFF);
        _models[fid] = [modelRoot, modelRoot];
        rewardVault.open(fid, token);
    }

    /// @inheritdoc IRoundCoordinator
    function adopt(uint256 fid, RoundPolicy calldata policy) external onlyFederationRegistry returns (uint256 version) {
        FederationWord f = _federations[fid];
        version = f.version() + 1;
        _requireBelow(version, 1 << 16);
        _federations[fid] = f.withNextVersion();
        _policies[fid][version] = policy;
    }

    /// @inheritdoc IRoundCoordinator
    function close(uint256 fid) external {
        if (msg.sender != federationRegistry.sponsorOf(fid)) revert RoundCoordinator_Unauthorised(msg.sender);
        FederationWord f = _federations[fid];
        if (f.closed()) revert RoundCoordinator_Closed(fid);
        _federations[fid] = f.close();
        emit FederationClosed(fid);
    }

    /* ------------------------------------------- JOINING ------------------------------------------ */

    /// @inheritdoc IRoundCoordinator
    function admit(uint256 fid, address operator, uint8 roles, uint96 stake, uint256 maxTrainers)
        external
        onlyFederationRegistry
    {
        FederationWord f = _federations[fid];
        MemberWord m = _members[_key(fid, operator)];
        if (f.closed()) revert RoundCoordinator_Closed(fid);
        if (m.roles() != 0) revert RoundCoordinator_AlreadyMember(operator);
        if (m.ordinal() == 0) _requireBelow(f.memberCount(), _maxMembers(fid));
        m = m.joined(roles, f.round(), stake);
        if (roles & TRAINER != 0) {
            _requireBelow(f.count(TRAINER), maxTrainers);
            f = f.add(TRAINER);
        }
        if (roles & EVALUATOR != 0) (f, m) = _enrol(fid, f, m, operator, EVALUATOR);
        if (roles & AGGREGATOR != 0) (f, m) = _enrol(fid, f, m, operator, AGGREGATOR);
        _federations[fid] = f;
        _members[_key(fid, operator)] = m;
        emit Joined(fid, operator, roles, m.from(), stake);
        stakeVault.lock(_frames[fid].token, operator, stake);
    }

    /* ------------------------------------------- LEAVING ------------------------------------------ */

    /// @inheritdoc IRoundCoordinator
    function leaveFederation(uint256 fid) external {
        // leaving moves stake, so the operator itself must call, not a worker key
        emit Left(fid, msg.sender, _remove(fid, msg.sender));
    }

    /// @inheritdoc IRoundCoordinator
    function unbond(uint256 fid, address operator) external {
        MemberWord m = _members[_key(fid, operator)];
        FederationWord f = _existing(fid);
        uint256 until = m.until();
        bool passed = until < f.round() || (until == f.round() && !f.live());
        if (m.roles() == 0 || until == MemberState.FOR_EVER || !passed) {
            revert RoundCoordinator_StillBonded(until, f.round());
        }
        _members[_key(fid, operator)] = m.unbonded();
        emit Unbonded(fid, operator, m.stake());
        stakeVault.unlock(_frames[fid].token, operator, m.stake());
    }

    /// @inheritdoc IRoundCoordinator
    function slashMember(uint256 fid, address operator, uint256 amount, address prover) external onlyDisputes {
        MemberWord m = _members[_key(fid, operator)];
        if (amount > m.stake()) amount = m.stake();
        _members[_key(fid, operator)] = m.slashed(amount);
        emit MemberSlashed(fid, operator, _federations[fid].round(), prover, amount);
        stakeVault.slash(_frames[fid].token, operator, amount, prover);
    }

    /// @dev Takes a member off the rosters from the next round on (P-7).
    /// @return until Last round it may act in: the current one, also where that is over.
    function _remove(uint256 fid, address operator) internal returns (uint256 until) {
        MemberWord m = _members[_key(fid, operator)];
        FederationWord f = _existing(fid);
        until = f.round();
        if (m.roles() == 0 || m.until() != MemberState.FOR_EVER) {
            revert RoundCoordinator_NotMember(operator, until, uint8(m.roles()));
        }
        if (m.roles() & TRAINER != 0) f = f.remove(TRAINER);
        if (m.roles() & EVALUATOR != 0) (f, m) = _strike(fid, f, m, operator, EVALUATOR);
        if (m.roles() & AGGREGATOR != 0) (f, m) = _strike(fid, f, m, operator, AGGREGATOR);
        _federations[fid] = f;
        _members[_key(fid, operator)] = m.left(until);
    }

    /* ------------------------------------------- ROSTERS ------------------------------------------ */

    /// @dev Appends to a roster.
    function _enrol(uint256 fid, FederationWord f, MemberWord m, address operator, uint256 role)
        private
        returns (FederationWord, MemberWord)
    {
        uint256 position = f.count(role);
        _requireBelow(position, MemberState.NO_POSITION);
        _rosters[fid][role][position] = operator;
        return (f.add(role), m.moved(role, position, f.round()));
    }

    /// @dev Strikes from a roster; the last takes the free place. Both remember where they were at the opening.
    function _strike(uint256 fid, FederationWord f, MemberWord m, address operator, uint256 role)
        private
        returns (FederationWord, MemberWord)
    {
        mapping(uint256 position => address) storage roster = _rosters[fid][role];
        f = f.remove(role);
        uint256 end = f.count(role);
        uint256 position = m.position(role);
        address last = roster[end];
        if (last != operator) {
            roster[position] = last;
            _members[_key(fid, last)] = _members[_key(fid, last)].moved(role, position, f.round());
        }
        delete roster[end];
        return (f, m.moved(role, MemberState.NO_POSITION, f.round()));
    }

    /* ------------------------------------------ INTERNAL ------------------------------------------ */

    /// @dev State of a federation that exists.
    function _existing(uint256 fid) internal view returns (FederationWord f) {
        f = _federations[fid];
        if (f.version() == 0) revert RoundCoordinator_FederationUnknown(fid);
    }

    /// @dev Key of what belongs to an operator in a federation. Ids count up from 1 and stay below 2**96; a larger one would
    /// meet the keys of another, so whoever uses this sees to it that the federation exists or its round is the current one.
    function _key(uint256 fid, address operator) internal pure returns (uint256) {
        return fid << 160 | uint160(operator);
    }

    /// @dev Gives a member its leaf in the reward tree, once and for ever (P-12).
    function _index(uint256 fid, address operator, MemberWord m) internal {
        if (m.ordinal() != 0) return;
        FederationWord f = _federations[fid];
        uint256 index = f.memberCount();
        _requireBelow(index, _maxMembers(fid));
        _federations[fid] = f.withNextMember();
        _members[_key(fid, operator)] = m.withIndex(index);
        emit MemberIndexed(fid, operator, index);
    }

    /// @dev Leaves of the reward tree; one less at depth 16, where index + 1 must fit 16 bits.
    function _maxMembers(uint256 fid) private view returns (uint256) {
        uint256 leaves = 1 << _frames[fid].rewardDepth;
        return leaves > type(uint16).max ? type(uint16).max : leaves;
    }

    function _requireBelow(uint256 size, uint256 limit) private pure {
        if (size >= limit) revert RoundCoordinator_Full(size, limit);
    }
}
