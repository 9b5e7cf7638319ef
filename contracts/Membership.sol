// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Federations} from "./Federations.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {Admission, Invitation, Policy, Terms} from "./interfaces/ParleyTypes.sol";
import {FederationWord} from "./libraries/FederationState.sol";
import {AGGREGATOR, EVALUATOR, MemberState, MemberWord, TRAINER} from "./libraries/MemberState.sol";

/// @title Membership
/// @notice Joining, leaving, unbonding, and the rosters that seats and turns are drawn from. See {IRoundCoordinator}.
abstract contract Membership is Federations, EIP712 {
    bytes32 private constant INVITATION_TYPEHASH =
        keccak256("Invitation(uint256 fid,address operator,uint8 roles,uint256 nonce,uint256 expiry)");

    mapping(uint256 fid => mapping(uint256 nonce => bool)) private _spentInvitations;

    constructor() EIP712("Parley RoundCoordinator", "1") {}

    /* ------------------------------------------ JOINING ------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function join(uint256 fid, uint8 roles) external {
        if (_terms[fid].admission != Admission.Open) revert RoundCoordinator_InvitationInvalid(0, 0);
        _join(fid, _operator(), roles);
    }

    /// @inheritdoc IRoundCoordinator
    function joinInvited(uint256 fid, uint8 roles, Invitation calldata invitation) external {
        address operator = _operator();
        (uint256 nonce, uint256 expiry) = (invitation.nonce, invitation.expiry);
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(INVITATION_TYPEHASH, fid, operator, roles, nonce, expiry)));
        if (
            block.timestamp > expiry || _spentInvitations[fid][nonce]
                || !SignatureChecker.isValidSignatureNow(_sponsors[fid], digest, invitation.signature)
        ) revert RoundCoordinator_InvitationInvalid(nonce, expiry);
        _spentInvitations[fid][nonce] = true;
        _join(fid, operator, roles);
    }

    function _join(uint256 fid, address operator, uint256 roles) private {
        FederationWord f = _existing(fid);
        MemberWord m = _members[fid][operator];
        if (f.closed()) revert RoundCoordinator_Closed(fid);
        if (roles == 0 || roles > (TRAINER | EVALUATOR | AGGREGATOR)) {
            revert RoundCoordinator_RolesInvalid(uint8(roles));
        }
        if (m.roles() != 0) revert RoundCoordinator_AlreadyMember(operator);
        Policy storage p = _policies[fid][f.version()];
        if (m.ordinal() == 0) _requireBelow(f.indexed_(), _maxMembers(_terms[fid]));
        uint256 stake = _stakeOf(p, roles);
        m = m.joined(roles, f.round(), stake);
        if (roles & TRAINER != 0) {
            _requireBelow(f.count(TRAINER), p.maxTrainers);
            f = f.add(TRAINER);
        }
        if (roles & EVALUATOR != 0) (f, m) = _enrol(fid, f, m, operator, EVALUATOR);
        if (roles & AGGREGATOR != 0) (f, m) = _enrol(fid, f, m, operator, AGGREGATOR);
        _federations[fid] = f;
        _members[fid][operator] = m;
        emit Joined(fid, operator, uint8(roles), m.from(), stake);
        stakeVault.lock(_terms[fid].token, operator, stake);
    }

    function _stakeOf(Policy storage p, uint256 roles) private view returns (uint256 stake) {
        if (roles & TRAINER != 0) stake = p.trainerStake;
        if (roles & EVALUATOR != 0) stake += p.evaluatorStake;
        if (roles & AGGREGATOR != 0) stake += p.aggregatorStake;
        if (stake > type(uint96).max) revert RoundCoordinator_PolicyInvalid("stake", stake);
    }

    /* ------------------------------------------ LEAVING ------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function leaveFederation(uint256 fid) external {
        address operator = _operator();
        emit Left(fid, operator, _remove(fid, operator));
    }

    /// @inheritdoc IRoundCoordinator
    function unbond(uint256 fid, address operator) external {
        MemberWord m = _members[fid][operator];
        FederationWord f = _federations[fid];
        uint256 until = m.until();
        bool passed = until < f.round() || (until == f.round() && !f.live());
        if (m.roles() == 0 || until == MemberState.FOR_EVER || !passed) {
            revert RoundCoordinator_StillBonded(until, f.round());
        }
        _members[fid][operator] = m.unbonded();
        emit Unbonded(fid, operator, m.stake());
        stakeVault.unlock(_terms[fid].token, operator, m.stake());
    }

    /// @dev Takes a member off the rosters from the next round on (P-7).
    /// @return until Last round it may act in: the current one, also where that is over.
    function _remove(uint256 fid, address operator) internal returns (uint256 until) {
        MemberWord m = _members[fid][operator];
        FederationWord f = _federations[fid];
        until = f.round();
        if (m.roles() == 0 || m.until() != MemberState.FOR_EVER) {
            revert RoundCoordinator_NotMember(operator, until, uint8(m.roles()));
        }
        if (m.roles() & TRAINER != 0) f = f.remove(TRAINER);
        if (m.roles() & EVALUATOR != 0) (f, m) = _strike(fid, f, m, operator, EVALUATOR);
        if (m.roles() & AGGREGATOR != 0) (f, m) = _strike(fid, f, m, operator, AGGREGATOR);
        _federations[fid] = f;
        _members[fid][operator] = m.left(until);
    }

    /* ------------------------------------------ ROSTERS ------------------------------------------- */

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
            _members[fid][last] = _members[fid][last].moved(role, position, f.round());
        }
        delete roster[end];
        return (f, m.moved(role, MemberState.NO_POSITION, f.round()));
    }

    /* ------------------------------------------ INTERNAL ------------------------------------------ */

    /// @dev Gives a member its leaf in the reward tree, once and for ever (P-12).
    function _index(uint256 fid, address operator, MemberWord m) internal returns (MemberWord) {
        if (m.ordinal() != 0) return m;
        FederationWord f = _federations[fid];
        uint256 index = f.indexed_();
        _requireBelow(index, _maxMembers(_terms[fid]));
        _federations[fid] = f.withNextIndex();
        m = m.withIndex(index);
        _members[fid][operator] = m;
        emit MemberIndexed(fid, operator, index);
        return m;
    }

    /// @dev Leaves of the reward tree; one less at depth 16, where index + 1 must fit 16 bits.
    function _maxMembers(Terms storage t) private view returns (uint256) {
        uint256 leaves = 1 << t.rewardDepth;
        return leaves > type(uint16).max ? type(uint16).max : leaves;
    }

    /// @dev Joining and leaving move stake, so the operator itself must call, not a worker key.
    function _operator() private view returns (address) {
        if (_caller() != msg.sender) revert RoundCoordinator_Unauthorised(msg.sender);
        return msg.sender;
    }

    function _requireBelow(uint256 size, uint256 limit) private pure {
        if (size >= limit) revert RoundCoordinator_Full(size, limit);
    }
}
