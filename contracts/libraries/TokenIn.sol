// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title TokenIn
/// @notice Takes tokens in and says what arrived, so that a token with a fee on transfer cannot make a vault owe more than
/// it holds (P-17).
library TokenIn {
    using SafeERC20 for IERC20;

    /// @notice Moves `amount` from `payer`, who approved it, to this contract.
    /// @dev Warning: callers must be guarded against re-entrance, or one transfer would be counted twice.
    /// @return received By how much this contract's balance grew, in units of the token's decimals.
    function takeFrom(IERC20 token, address payer, uint256 amount) internal returns (uint256 received) {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(payer, address(this), amount);
        received = token.balanceOf(address(this)) - before;
    }
}
