// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IParleyToken} from "./interfaces/IParleyToken.sol";

/// @title ParleyToken
/// @notice The token of development chains, where anybody may mint it. See {IParleyToken}.
contract ParleyToken is IParleyToken, ERC20, ERC20Permit {
    /// @param holder Gets the initial supply.
    /// @param supply Initial supply, 18 decimals.
    constructor(address holder, uint256 supply) ERC20("Parley", "PRLY") ERC20Permit("Parley") {
        if (supply != 0) _mint(holder, supply);
    }

    /// @inheritdoc IParleyToken
    function mint(address to, uint256 amount) external {
        if (!_isDevelopmentChain()) revert ParleyToken_MintClosed(block.chainid);
        _mint(to, amount);
    }

    /// @dev Asked at every call, not at deployment: a fork of the chain under another id gets no open mint.
    function _isDevelopmentChain() private view returns (bool) {
        return block.chainid == 1337 || (block.chainid >= 31_337 && block.chainid <= 31_399);
    }
}
