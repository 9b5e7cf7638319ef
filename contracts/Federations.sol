// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IRewardVault} from "./interfaces/IRewardVault.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {Policy, Terms} from "./interfaces/ParleyTypes.sol";
import {FederationState, FederationWord} from "./libraries/FederationState.sol";
import {Limits} from "./libraries/Limits.sol";
import {MemberWord} from "./libraries/MemberState.sol";
import {RecordWord} from "./libraries/RecordState.sol";
import {RoundWord} from "./libraries/RoundState.sol";

/// @title Federations
/// @notice All state of the coordinator, and what a sponsor does: create, set the policy, close. See {IRoundCoordinator}.
abstract contract Federations is IRoundCoordinator {
    IParticipantRegistry public immutable registry;
    IStakeVault public immutable stakeVault;
    IRewardVault public immutable rewardVault;
    /// @notice The only address a conviction is accepted from; zero where the deployment has none.
    address public immutable disputes;
    /// @notice Shortest window a policy may have, seconds.
    uint256 public immutable minWindow;

    /// @inheritdoc IRoundCoordinator
    uint256 public federations;

    mapping(uint256 fid => address) internal _sponsors;
    mapping(uint256 fid => Terms) internal _terms;
    mapping(uint256 fid => mapping(uint256 version => Policy)) internal _policies;
    mapping(uint256 fid => FederationWord) internal _federations;
    mapping(uint256 fid => RoundWord) internal _rounds;
    mapping(uint256 fid => bytes32) internal _seeds;
    /// @dev Top 232 bits of the last opened key of the validation chain, then its round in 24 bits (P-24).
    mapping(uint256 fid => uint256) internal _keys;
    /// @dev The last two final models; {FederationState.modelBit} says which slot is the newer.
    mapping(uint256 fid => bytes32[2]) internal _models;
    mapping(uint256 fid => bytes32) internal _settlements;

    mapping(uint256 fid => mapping(address operator => MemberWord)) internal _members;
    /// @dev The rosters that seats and turns are drawn from: role, position, operator.
    mapping(uint256 fid => mapping(uint256 role => mapping(uint256 position => address))) internal _rosters;
    mapping(uint256 fid => mapping(address operator => RecordWord)) internal _updates;
    mapping(uint256 fid => mapping(uint256 seat => RecordWord)) internal _scores;
    /// @dev Word roots by reveal index; valid below the current round's count of reveals.
    mapping(uint256 fid => mapping(uint256 index => bytes32)) internal _roots;

    constructor(
        IParticipantRegistry registry_,
        IStakeVault stakeVault_,
        IRewardVault rewardVault_,
        address disputes_,
        uint256 minWindow_
    ) {
        if (address(registry_).code.length == 0) revert RoundCoordinator_Miswired(address(registry_));
        if (stakeVault_.coordinator() != address(this)) revert RoundCoordinator_Miswired(address(stakeVault_));
        if (rewardVault_.coordinator() != address(this)) revert RoundCoordinator_Miswired(address(rewardVault_));
        registry = registry_;
        stakeVault = stakeVault_;
        rewardVault = rewardVault_;
        disputes = disputes_;
        minWindow = minWindow_;
    }

    /* ------------------------------------------- SPONSOR ------------------------------------------ */

    /// @inheritdoc IRoundCoordinator
    function createFederation(Terms calldata terms, Policy calldata policy) external returns (uint256 fid) {
        Limits.check(terms);
        Limits.check(policy, minWindow);
        fid = ++federations;
        _sponsors[fid] = msg.sender;
        _terms[fid] = terms;
        _policies[fid][1] = policy;
        _federations[fid] = FederationState.created(terms.anchor != 0);
        _keys[fid] = uint256(terms.anchor) & ~uint256(0xFFFFFF);
        _models[fid] = [terms.modelRoot, terms.modelRoot];
        emit FederationCreated(fid, msg.sender, terms, policy);
        rewardVault.open(fid, terms.token);
    }

    /// @inheritdoc IRoundCoordinator
    function setPolicy(uint256 fid, Policy calldata policy) external {
        _requireSponsor(fid);
        Limits.check(policy, minWindow);
        FederationWord f = _federations[fid];
        if (f.version() == type(uint16).max) revert RoundCoordinator_Full(f.version(), type(uint16).max);
        f = f.withNextVersion();
        _federations[fid] = f;
        _policies[fid][f.version()] = policy;
        emit PolicyChanged(fid, f.version(), policy);
    }

    /// @inheritdoc IRoundCoordinator
    function close(uint256 fid) external {
        _requireSponsor(fid);
        FederationWord f = _federations[fid];
        if (f.closed()) revert RoundCoordinator_Closed(fid);
        _federations[fid] = f.close();
        emit FederationClosed(fid);
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function termsOf(uint256 fid) external view returns (Terms memory) {
        return _terms[fid];
    }

    /// @inheritdoc IRoundCoordinator
    function policyOf(uint256 fid, uint256 version) external view returns (Policy memory) {
        return _policies[fid][version];
    }

    /// @inheritdoc IRoundCoordinator
    function sponsorOf(uint256 fid) external view returns (address) {
        return _sponsors[fid];
    }

    /* ------------------------------------------ INTERNAL ------------------------------------------ */

    function _requireSponsor(uint256 fid) private view {
        if (msg.sender != _sponsors[fid]) revert RoundCoordinator_Unauthorised(msg.sender);
    }

    /// @dev State of a federation that exists.
    function _existing(uint256 fid) internal view returns (FederationWord f) {
        f = _federations[fid];
        if (f.version() == 0) revert RoundCoordinator_FederationUnknown(fid);
    }

    /// @dev Operator for which the caller acts; zero if none.
    function _caller() internal view returns (address) {
        return registry.operatorOf(msg.sender);
    }
}
