// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IParticipantRegistry
/// @notice Identities. An operator (cold address) registers once and names hot worker keys that act for it. Rotating a
/// worker key keeps the identity: stake, membership and history belong to the operator.
///
/// Warning: a worker key may do whatever its operator may in rounds; it can never withdraw, join, leave or claim. Whoever
/// steals one can commit the faults that are slashed: an aggregator's costs a bond for each of its turns, a trainer's
/// `clipSlash` a round.
interface IParticipantRegistry {
    /// @notice An operator exists.
    event OperatorRegistered(address indexed operator, bytes32 metadataDigest);
    /// @notice An operator's metadata document changed.
    event MetadataChanged(address indexed operator, bytes32 metadataDigest);
    /// @notice A worker key acts for an operator from now on.
    event WorkerNamed(address indexed operator, address indexed worker);
    /// @notice A worker key acts for nobody any more.
    event WorkerRemoved(address indexed operator, address indexed worker);

    /// @notice Thrown when an address is an operator, or a worker key of `operator`, already.
    error ParticipantRegistry_AddressTaken(address account, address operator);
    /// @notice Thrown when a consent came after its deadline (seconds).
    error ParticipantRegistry_ConsentExpired(uint256 deadline, uint256 time);
    /// @notice Thrown when the worker key did not sign this consent.
    error ParticipantRegistry_ConsentInvalid(address worker);
    /// @notice Thrown when the caller is not a registered operator.
    error ParticipantRegistry_NotOperator(address caller);
    /// @notice Thrown when the key is not a worker key of the caller.
    error ParticipantRegistry_NotWorker(address worker, address operator);

    /// @notice Registers the caller as an operator. Its own key may act for it, too.
    /// @dev Emits `OperatorRegistered`.
    /// @param metadataDigest sha2-256 digest of the CIDv1 (raw) of a metadata document; zero for none.
    function register(bytes32 metadataDigest) external;

    /// @notice Replaces the caller's metadata digest.
    /// @dev Emits `MetadataChanged`.
    function setMetadata(bytes32 metadataDigest) external;

    /// @notice Names a worker key of the caller, which consents by EIP-712 signature
    /// `Worker(address operator,address worker,uint256 nonce,uint256 deadline)` (EOA or ERC-1271).
    /// @dev Emits `WorkerNamed`. The nonce is the worker's and goes up with each consent, so that a removed key cannot be
    /// named again by an old one.
    /// @param worker Key to name; must be neither an operator nor named by anybody.
    /// @param deadline Last second at which the consent is good.
    function nameWorker(address worker, uint256 deadline, bytes calldata signature) external;

    /// @notice Removes a worker key of the caller.
    /// @dev Emits `WorkerRemoved`.
    function removeWorker(address worker) external;

    /// @notice Operator for which `account` acts; zero if none. An operator acts for itself.
    function operatorOf(address account) external view returns (address operator);
    /// @notice True once `account` is registered.
    function isOperator(address account) external view returns (bool);
    /// @notice Digest of the operator's metadata document.
    function metadataOf(address operator) external view returns (bytes32);
    /// @notice Nonce that the next consent of `worker` must carry.
    function nonces(address worker) external view returns (uint256);
}
