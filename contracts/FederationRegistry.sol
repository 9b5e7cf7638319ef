// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IFederationRegistry} from "./interfaces/IFederationRegistry.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {Admission, Invitation, Policy, RoundPolicy, Rule, Terms} from "./interfaces/ParleyTypes.sol";
import {Limits} from "./libraries/Limits.sol";
import {AGGREGATOR, EVALUATOR, TRAINER} from "./libraries/MemberState.sol";

/// @title FederationRegistry
/// @notice Federations: their sponsors, terms, versions of the policy, and who may join. See {IFederationRegistry}.
contract FederationRegistry is IFederationRegistry, EIP712 {
    bytes32 private constant INVITATION_TYPEHASH =
        keccak256("Invitation(uint256 fid,address operator,uint8 roles,uint256 nonce,uint256 expiry)");

    /// @dev Basis points to the whole.
    uint256 private constant BASIS = 10_000;

    /// @notice Identities.
    IParticipantRegistry public immutable registry;
    /// @notice Runs the rounds.
    IRoundCoordinator public immutable coordinator;
    /// @notice Shortest window a policy may have, seconds.
    uint256 public immutable minWindow;

    /// @inheritdoc IFederationRegistry
    uint256 public federations;
    /// @inheritdoc IFederationRegistry
    mapping(uint256 fid => address) public sponsorOf;
    /// @inheritdoc IFederationRegistry
    mapping(uint256 fid => uint256) public versionOf;
    /// @inheritdoc IFederationRegistry
    mapping(uint256 fid => mapping(uint256 nonce => bool)) public isSpent;
    mapping(uint256 fid => Terms) private _terms;
    mapping(uint256 fid => mapping(uint256 version => Policy)) private _policies;

    /// @param registry_ Identities.
    /// @param coordinator_ Runs the rounds; may be deployed later, at this address.
    /// @param minWindow_ Shortest window a policy may have, seconds; not zero, for turns must have a length.
    constructor(IParticipantRegistry registry_, IRoundCoordinator coordinator_, uint256 minWindow_)
        EIP712("Parley FederationRegistry", "1")
    {
        if (minWindow_ == 0) revert FederationRegistry_PolicyInvalid("minWindow", 0);
        registry = registry_;
        coordinator = coordinator_;
        minWindow = minWindow_;
    }

    /* ------------------------------------------- SPONSOR ------------------------------------------ */

    /// @inheritdoc IFederationRegistry
    function createFederation(Terms calldata terms, Policy calldata policy) external returns (uint256 fid) {
        Limits.check(terms);
        Limits.check(policy, minWindow);
        fid = ++federations;
        sponsorOf[fid] = msg.sender;
        versionOf[fid] = 1;
        _terms[fid] = terms;
        _policies[fid][1] = policy;
        emit FederationCreated(fid, msg.sender, terms, policy);
        coordinator.enter(
            fid, terms.token, terms.rounds, terms.rewardDepth, terms.anchor, terms.modelRoot, _forRounds(policy)
        );
    }

    /// @inheritdoc IFederationRegistry
    function setPolicy(uint256 fid, Policy calldata policy) external {
        if (msg.sender != sponsorOf[fid]) revert FederationRegistry_Unauthorised(msg.sender);
        Limits.check(policy, minWindow);
        uint256 version = coordinator.adopt(fid, _forRounds(policy));
        versionOf[fid] = version;
        _policies[fid][version] = policy;
        emit PolicyChanged(fid, version, policy);
    }

    function _forRounds(Policy calldata p) private pure returns (RoundPolicy memory) {
        return RoundPolicy({
            train: p.train,
            reveal: p.reveal,
            key: p.key,
            scoreCommit: p.scoreCommit,
            scoreReveal: p.scoreReveal,
            settle: p.settle,
            challenge: p.challenge,
            supply: p.supply,
            minTrainers: p.minTrainers,
            seats: p.seats,
            quorum: p.quorum,
            reward: p.reward,
            bond: p.bond
        });
    }

    /* ------------------------------------------ ADMISSION ----------------------------------------- */

    /// @inheritdoc IFederationRegistry
    function join(uint256 fid, uint8 roles) external {
        _requireExisting(fid);
        if (_terms[fid].admission != Admission.Open) revert FederationRegistry_InvitationInvalid(0, 0);
        _join(fid, roles);
    }

    /// @inheritdoc IFederationRegistry
    function joinInvited(uint256 fid, uint8 roles, Invitation calldata invitation) external {
        _requireExisting(fid);
        (uint256 nonce, uint256 expiry) = (invitation.nonce, invitation.expiry);
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(INVITATION_TYPEHASH, fid, msg.sender, roles, nonce, expiry)));
        if (
            block.timestamp > expiry || isSpent[fid][nonce]
                || !SignatureChecker.isValidSignatureNow(sponsorOf[fid], digest, invitation.signature)
        ) revert FederationRegistry_InvitationInvalid(nonce, expiry);
        isSpent[fid][nonce] = true;
        _join(fid, roles);
    }

    /// @dev Joining locks stake, so the operator itself must call, not a worker key.
    function _join(uint256 fid, uint8 roles) private {
        if (registry.operatorOf(msg.sender) != msg.sender) revert FederationRegistry_Unauthorised(msg.sender);
        if (roles == 0 || roles > (TRAINER | EVALUATOR | AGGREGATOR)) revert FederationRegistry_RolesInvalid(roles);
        Policy storage p = _policies[fid][versionOf[fid]];
        coordinator.admit(fid, msg.sender, roles, _stakeOf(p, roles), p.maxTrainers);
    }

    /// @dev The sum of the roles' stakes; {Limits} keeps the sum of all three within 96 bits.
    function _stakeOf(Policy storage p, uint256 roles) private view returns (uint96 stake) {
        if (roles & TRAINER != 0) stake = p.trainerStake;
        if (roles & EVALUATOR != 0) stake += p.evaluatorStake;
        if (roles & AGGREGATOR != 0) stake += p.aggregatorStake;
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IFederationRegistry
    function termsOf(uint256 fid) external view returns (Terms memory) {
        return _terms[fid];
    }

    /// @inheritdoc IFederationRegistry
    function policyOf(uint256 fid, uint256 version) external view returns (Policy memory) {
        return _policies[fid][version];
    }

    /// @inheritdoc IFederationRegistry
    function arithmeticOf(uint256 fid, uint256 version)
        external
        view
        returns (uint256 params, Rule rule, uint256 trimBps, uint256 beta)
    {
        Policy storage p = _policies[fid][version];
        return (_terms[fid].params, p.rule, p.trimBps, p.beta);
    }

    /// @inheritdoc IFederationRegistry
    function poolsOf(uint256 fid, uint256 version)
        external
        view
        returns (uint256 trainers, uint256 evaluators, uint256 aggregator)
    {
        Policy storage p = _policies[fid][version];
        uint256 reward = p.reward;
        trainers = reward * p.trainersBps / BASIS;
        evaluators = reward * p.evaluatorsBps / BASIS;
        aggregator = reward * (BASIS - p.trainersBps - p.evaluatorsBps) / BASIS;
    }

    /// @inheritdoc IFederationRegistry
    function clipOf(uint256 fid, uint256 version)
        external
        view
        returns (uint256 params, uint256 clip, uint256 clipSlash)
    {
        Policy storage p = _policies[fid][version];
        return (_terms[fid].params, p.clip, p.clipSlash);
    }

    function _requireExisting(uint256 fid) private view {
        if (sponsorOf[fid] == address(0)) revert FederationRegistry_FederationUnknown(fid);
    }
}
