// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title ITokenHook
/// @notice Whom a {ReentrantToken} calls in the middle of a transfer.
interface ITokenHook {
    /// @notice Tokens have moved, or are about to.
    function onTransfer(address from, address to, uint256 amount) external;
}

/// @title ReentrantToken
/// @notice A hostile token: it hands control to a hook before and after every transfer, as ERC-777 does.
contract ReentrantToken is ERC20 {
    /// @notice Called before and after each transfer; none while zero.
    ITokenHook public hook;

    constructor() ERC20("Reentrant", "REENTER") {}

    /// @notice Sets the hook.
    function setHook(ITokenHook hook_) external {
        hook = hook_;
    }

    /// @notice Mints to anybody, without a call of the hook.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        bool hooked = address(hook) != address(0) && from != address(0);
        if (hooked) hook.onTransfer(from, to, amount);
        super._update(from, to, amount);
        if (hooked) hook.onTransfer(from, to, amount);
    }
}
