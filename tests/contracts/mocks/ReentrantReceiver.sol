// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Caller} from "./Caller.sol";
import {ITokenHook} from "./ReentrantToken.sol";

/// @title ReentrantReceiver
/// @notice An account that, whenever it is called in the middle of a transfer, makes the call it was armed with, and keeps
/// what came of it. It swallows a revert, as an attacker would, so that the outer call goes on.
contract ReentrantReceiver is Caller, ITokenHook {
    address private _target;
    bytes private _payload;
    bool private _busy;

    /// @notice Calls made from inside a transfer.
    uint256 public attempts;
    /// @notice Those of them that did not revert.
    uint256 public successes;
    /// @notice What the last of them returned or reverted with.
    bytes public lastAnswer;

    /// @notice Arms it.
    function arm(address target, bytes calldata payload) external {
        (_target, _payload) = (target, payload);
    }

    /// @inheritdoc ITokenHook
    function onTransfer(address, address, uint256) external {
        if (_target == address(0) || _busy) return;
        _busy = true;
        bool ok;
        (ok, lastAnswer) = _target.call(_payload);
        ++attempts;
        if (ok) ++successes;
        _busy = false;
    }
}
