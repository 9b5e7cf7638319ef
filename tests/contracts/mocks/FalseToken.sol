// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title FalseToken
/// @notice A hostile token: told to fail, it moves nothing and returns false instead of reverting.
contract FalseToken is ERC20 {
    /// @notice True while transfers fail.
    bool public fails;

    constructor() ERC20("False", "FALSE") {}

    /// @notice Makes transfers fail or succeed from now on.
    function setFails(bool fails_) external {
        fails = fails_;
    }

    /// @notice Mints to anybody.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        return !fails && super.transfer(to, amount);
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !fails && super.transferFrom(from, to, amount);
    }
}
