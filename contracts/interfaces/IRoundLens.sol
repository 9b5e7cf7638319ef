// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FederationView, MemberView, RoundView} from "./ParleyTypes.sol";

/// @title IRoundLens
/// @notice Reads for people, workers and explorers: the coordinator's packed state, unpacked. Holds nothing.
interface IRoundLens {
    /// @notice Thrown when turns cannot be told yet.
    error RoundLens_NotSeeded(uint256 fid, uint256 round);

    /// @notice A federation's changing state.
    function federationOf(uint256 fid) external view returns (FederationView memory);
    /// @notice The current or last round's state; times are zero while no round is open.
    function roundOf(uint256 fid) external view returns (RoundView memory);
    /// @notice An operator's standing.
    function memberOf(uint256 fid, address operator) external view returns (MemberView memory);
    /// @notice Word root of the update with this reveal index in the current round; zero beyond the last.
    function updateRoot(uint256 fid, uint256 index) external view returns (bytes32);
    /// @notice What is kept of the score vector of a seat in the current round: whether it is revealed, the top 216 bits
    /// of its keccak256, and the reveal index + 1 of the same operator's own update, 0 for none (P-11).
    function scoresAt(uint256 fid, uint256 seat) external view returns (bool revealed, bytes32 hash, uint256 own);
    /// @notice Hash of the posted settlement, zero if there is none.
    function settlementHash(uint256 fid) external view returns (bytes32);
    /// @notice Position (at opening) of the aggregator whose turn `turn` is, 0 to 3 (P-27).
    function turnPosition(uint256 fid, uint256 turn) external view returns (uint256);
    /// @notice CIDv1 string of an update or model of this federation with the given sha2-256 digest (P-5).
    function cidOf(uint256 fid, bytes32 digest) external view returns (string memory);
}
