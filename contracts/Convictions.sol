// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "./interfaces/IDisputes.sol";
import {IFederationRegistry} from "./interfaces/IFederationRegistry.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {Header} from "./interfaces/ParleyTypes.sol";
import {RoundWord} from "./libraries/RoundState.sol";
import {SettlementHash} from "./libraries/SettlementHash.sol";

/// @title Convictions
/// @notice What all disproofs share: the settlement in question, who is rewarded, and the verdict. See {IDisputes}.
abstract contract Convictions is IDisputes {
    /// @inheritdoc IDisputes
    IRoundCoordinator public immutable coordinator;
    /// @notice Terms and policies.
    IFederationRegistry public immutable federationRegistry;

    /// @dev Timestamp and number of the block of a commitment, 128 bits each.
    mapping(address sender => mapping(bytes32 commitment => uint256)) private _committed;

    /// @param coordinator_ Deployed for this contract's address, before it.
    constructor(IRoundCoordinator coordinator_) {
        if (coordinator_.disputes() != address(this)) revert Disputes_Miswired(address(coordinator_));
        coordinator = coordinator_;
        federationRegistry = coordinator_.federationRegistry();
    }

    /// @inheritdoc IDisputes
    function commitDisproof(bytes32 commitment) external {
        // under its sender, or somebody's copy could make a commitment younger than its proof
        _committed[msg.sender][commitment] = block.timestamp << 128 | block.number;
        emit DisproofCommitted(commitment, msg.sender);
    }

    /// @inheritdoc IDisputes
    function committedAt(address sender, bytes32 commitment) external view returns (uint256 time, uint256 blockNumber) {
        uint256 noted = _committed[sender][commitment];
        return (noted >> 128, uint128(noted));
    }

    /* ------------------------------------------ INTERNAL ------------------------------------------ */

    /// @dev The round and the hash of the posted settlement, which can still be disproved.
    function _contestable(uint256 fid, Header calldata header) internal view returns (RoundWord w, bytes32 settlement) {
        (w, settlement) = _posted(fid, header);
        if (block.timestamp >= w.finalAt()) revert Disputes_TooLate(block.timestamp, w.finalAt());
    }

    /// @dev The round and the hash of the posted settlement, due to be final or not.
    function _posted(uint256 fid, Header calldata header) internal view returns (RoundWord w, bytes32 settlement) {
        bytes32 expected;
        (w, expected) = _current(fid);
        settlement = SettlementHash.compute(address(coordinator), fid, w.round(), header);
        if (settlement != expected) revert Disputes_NotPosted(expected, settlement);
    }

    /// @dev The round and the hash of its posted settlement, zero if there is none.
    function _current(uint256 fid) internal view returns (RoundWord w, bytes32 settlement) {
        (w, settlement) = coordinator.postedOf(fid);
        if (w.finalAt() == 0) settlement = 0;
    }

    /// @dev Convicts, if what was shown is a fault, and rewards the caller for a committed proof.
    function _judge(uint256 fid, Header calldata header, RoundWord w, bytes32 settlement, bool wrong) internal {
        if (!wrong) revert Disputes_NothingWrong();
        _convict(fid, header, w, settlement, _prover(settlement, header.postedAt));
    }

    /// @dev Deletes the settlement; half of the bond is the prover's.
    function _convict(uint256 fid, Header calldata header, RoundWord w, bytes32 settlement, address prover) internal {
        if (w.demanded()) _closeDocket(fid, settlement);
        coordinator.convict(fid, header, prover);
    }

    /// @dev P-16: the caller, if it committed to this very call in an earlier block, at `since` or later; else nobody.
    /// @param subject Hash of the settlement, or root of the update.
    /// @param since When the subject came to be, seconds.
    function _prover(bytes32 subject, uint256 since) internal returns (address) {
        bytes32 commitment = keccak256(abi.encode(subject, msg.sig, keccak256(msg.data[4:]), msg.sender));
        uint256 noted = _committed[msg.sender][commitment];
        if (noted == 0 || uint128(noted) >= block.number || noted >> 128 < since) return address(0);
        delete _committed[msg.sender][commitment];
        return msg.sender;
    }

    /// @dev Notes that a settlement was convicted, where fees wait for its outcome.
    function _closeDocket(uint256 fid, bytes32 settlement) internal virtual;
}
