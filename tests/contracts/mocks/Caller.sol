// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Caller
/// @notice A contract that anybody can make call anything.
abstract contract Caller {
    /// @notice Makes a call; reverts as it did.
    function execute(address target, bytes calldata payload) external returns (bytes memory answer) {
        bool ok;
        (ok, answer) = target.call(payload);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
