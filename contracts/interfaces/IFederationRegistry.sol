// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Invitation, Policy, Rule, Terms} from "./ParleyTypes.sol";

/// @title IFederationRegistry
/// @notice What a federation is: its sponsor, its terms, the versions of its policy, and who may join. The rounds
/// themselves are the coordinator's.
interface IFederationRegistry {
    /// @notice A federation exists. Its policy has version 1.
    event FederationCreated(uint256 indexed fid, address indexed sponsor, Terms terms, Policy policy);
    /// @notice Rounds opened from now on use this policy (P-7).
    event PolicyChanged(uint256 indexed fid, uint256 version, Policy policy);

    /// @notice Thrown when an invitation is needed, spent, expired or not signed by the sponsor.
    error FederationRegistry_InvitationInvalid(uint256 nonce, uint256 expiry);
    /// @notice Thrown when a parameter of a policy is out of range; `name` says which.
    error FederationRegistry_PolicyInvalid(bytes32 name, uint256 value);
    /// @notice Thrown when a term is out of range; `name` says which.
    error FederationRegistry_TermsInvalid(bytes32 name, uint256 value);
    /// @notice Thrown when roles are empty or unknown.
    error FederationRegistry_RolesInvalid(uint8 roles);
    /// @notice Thrown when there is no such federation.
    error FederationRegistry_FederationUnknown(uint256 fid);
    /// @notice Thrown when the caller may not do this.
    error FederationRegistry_Unauthorised(address caller);

    /// @notice Creates a federation. The caller is its sponsor: an EOA, a Safe or a Governor.
    /// @dev Reverts with `TermsInvalid` or `PolicyInvalid`, naming the parameter. Emits `FederationCreated`.
    /// @param terms What never changes.
    /// @param policy Policy version 1.
    /// @return fid Federation id, counted from 1.
    function createFederation(Terms calldata terms, Policy calldata policy) external returns (uint256 fid);

    /// @notice Sets the policy of rounds not yet opened (P-7). Sponsor only. Members keep the stake they joined with.
    /// @dev Emits `PolicyChanged`.
    function setPolicy(uint256 fid, Policy calldata policy) external;

    /// @notice Joins an open federation; may act from the next round on. Locks the stake of each role from the
    /// operator's free balance in the stake vault. The operator itself must call, not a worker key.
    /// @dev Reverts with `InvitationInvalid` where admission is by invitation.
    /// @param fid Federation.
    /// @param roles Bit set of TRAINER (1), EVALUATOR (2), AGGREGATOR (4).
    function join(uint256 fid, uint8 roles) external;

    /// @notice Joins by the sponsor's EIP-712 invitation
    /// `Invitation(uint256 fid,address operator,uint8 roles,uint256 nonce,uint256 expiry)` (EOA or ERC-1271), bound to
    /// this operator and these roles.
    function joinInvited(uint256 fid, uint8 roles, Invitation calldata invitation) external;

    /// @notice Number of federations; the last one's id.
    function federations() external view returns (uint256);
    /// @notice Who created a federation; zero if there is none.
    function sponsorOf(uint256 fid) external view returns (address);
    /// @notice What never changes.
    function termsOf(uint256 fid) external view returns (Terms memory);
    /// @notice A policy version, counted from 1.
    function policyOf(uint256 fid, uint256 version) external view returns (Policy memory);
    /// @notice What P-6 needs of terms and policy: the number of parameters, the rule, what the trimmed mean cuts (basis
    /// points) and the momentum (in 2**-16). Two storage slots, for disproofs.
    function arithmeticOf(uint256 fid, uint256 version)
        external
        view
        returns (uint256 params, Rule rule, uint256 trimBps, uint256 beta);
    /// @notice What a round of a policy version pays at most, in units of the token's decimals: trainers, evaluators and
    /// the aggregator, each a floored share of the reward (P-12).
    function poolsOf(uint256 fid, uint256 version)
        external
        view
        returns (uint256 trainers, uint256 evaluators, uint256 aggregator);
    /// @notice The number of parameters, the largest |q| one of an update may have, and what a trainer loses for a larger
    /// one, in units of the token's decimals (P-2).
    function clipOf(uint256 fid, uint256 version)
        external
        view
        returns (uint256 params, uint256 clip, uint256 clipSlash);
    /// @notice The newest policy version.
    function versionOf(uint256 fid) external view returns (uint256);
    /// @notice True once an invitation with this nonce was used.
    function isSpent(uint256 fid, uint256 nonce) external view returns (bool);
}
