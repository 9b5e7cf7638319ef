// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";

/// @title ParticipantRegistry
/// @notice Operators, and the worker keys that act for them. See {IParticipantRegistry}.
contract ParticipantRegistry is IParticipantRegistry, EIP712, Nonces {
    bytes32 private constant WORKER_TYPEHASH =
        keccak256("Worker(address operator,address worker,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IParticipantRegistry
    mapping(address account => address operator) public operatorOf;
    /// @inheritdoc IParticipantRegistry
    mapping(address operator => bytes32 metadataDigest) public metadataOf;

    /// @dev The EIP-712 domain of consents.
    constructor() EIP712("Parley ParticipantRegistry", "1") {}

    /* ----------------------------------------- OPERATORS ------------------------------------------ */

    /// @inheritdoc IParticipantRegistry
    function register(bytes32 metadataDigest) external {
        _take(msg.sender, msg.sender);
        metadataOf[msg.sender] = metadataDigest;
        emit OperatorRegistered(msg.sender, metadataDigest);
    }

    /// @inheritdoc IParticipantRegistry
    function setMetadata(bytes32 metadataDigest) external {
        _requireOperator();
        metadataOf[msg.sender] = metadataDigest;
        emit MetadataChanged(msg.sender, metadataDigest);
    }

    /* ---------------------------------------- WORKER KEYS ----------------------------------------- */

    /// @inheritdoc IParticipantRegistry
    function nameWorker(address worker, uint256 deadline, bytes calldata signature) external {
        _requireOperator();
        if (block.timestamp > deadline) revert ParticipantRegistry_ConsentExpired(deadline, block.timestamp);
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(WORKER_TYPEHASH, msg.sender, worker, _useNonce(worker), deadline)));
        if (!SignatureChecker.isValidSignatureNow(worker, digest, signature)) {
            revert ParticipantRegistry_ConsentInvalid(worker);
        }
        _take(worker, msg.sender);
        emit WorkerNamed(msg.sender, worker);
    }

    /// @inheritdoc IParticipantRegistry
    function removeWorker(address worker) external {
        _requireOperator();
        if (worker == msg.sender || operatorOf[worker] != msg.sender) {
            revert ParticipantRegistry_NotWorker(worker, msg.sender);
        }
        delete operatorOf[worker];
        emit WorkerRemoved(msg.sender, worker);
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IParticipantRegistry
    function isOperator(address account) public view returns (bool) {
        return account != address(0) && operatorOf[account] == account;
    }

    /// @inheritdoc IParticipantRegistry
    function nonces(address worker) public view override(IParticipantRegistry, Nonces) returns (uint256) {
        return super.nonces(worker);
    }

    /// @dev An address acts for one operator at a time, so nobody can be drawn into two identities.
    function _take(address account, address operator) private {
        address taken = operatorOf[account];
        if (taken != address(0)) revert ParticipantRegistry_AddressTaken(account, taken);
        operatorOf[account] = operator;
    }

    function _requireOperator() private view {
        if (!isOperator(msg.sender)) revert ParticipantRegistry_NotOperator(msg.sender);
    }
}
