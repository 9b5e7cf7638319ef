// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What all mock tokens have in common.
interface IMintable {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
    function balanceOf(address account) external view returns (uint256);
}
