// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Header} from "../interfaces/ParleyTypes.sol";

/// @title SettlementHash
/// @notice The name of a settlement, shared by the coordinator, which stores it, and the disputes contract (section 9).
library SettlementHash {
    /// @notice `keccak256(abi.encode(chainId, coordinator, fid, round, header))`.
    /// @param coordinator The coordinator it was posted to.
    /// @param fid Federation.
    /// @param round Round.
    /// @param header What is kept of it.
    function compute(address coordinator, uint256 fid, uint256 round, Header memory header)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, coordinator, fid, round, header));
    }
}
