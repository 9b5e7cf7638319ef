// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title FeeToken
/// @notice A hostile token: every transfer burns a fee on the way, so less arrives than was sent.
contract FeeToken is ERC20 {
    uint256 private constant BPS = 10_000;
    /// @notice The fee in basis points of the amount, rounded up; 10000 lets nothing arrive.
    uint256 public feeBps;

    /// @param feeBps_ The fee in basis points, at most 10000.
    constructor(uint256 feeBps_) ERC20("Fee", "FEE") {
        setFee(feeBps_);
    }

    /// @notice Changes the fee, as such tokens do: one may deposit before and withdraw after.
    function setFee(uint256 feeBps_) public {
        require(feeBps_ <= BPS, "fee");
        feeBps = feeBps_;
    }

    /// @notice Mints to anybody, without a fee.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, amount);
        uint256 fee = (amount * feeBps + BPS - 1) / BPS;
        super._update(from, address(0), fee);
        super._update(from, to, amount - fee);
    }
}
