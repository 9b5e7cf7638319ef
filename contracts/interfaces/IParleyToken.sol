// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IParleyToken
/// @notice ERC-20 with EIP-2612 permits for development chains; any plain ERC-20 can be used instead.
///
/// Warning: anybody may mint, on development chains. Elsewhere nobody may, after the supply given at deployment.
interface IParleyToken {
    /// @notice Thrown when the chain is not a development chain.
    error ParleyToken_MintClosed(uint256 chainId);

    /// @notice Mints `amount` (18 decimals) to `to`. Chains 1337 and 31337 to 31399 only.
    function mint(address to, uint256 amount) external;
}
