// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Caller} from "./Caller.sol";

/// @title Wallet
/// @notice A contract account: it signs by ERC-1271 with its owner's key and acts where its owner tells it to.
contract Wallet is Caller, IERC1271 {
    /// @notice How it answers who asks whether a signature is good.
    enum Mode {
        Honest,
        WrongMagic,
        Short,
        Reverting
    }

    /// @notice Whose ECDSA signature it accepts.
    address public immutable owner;
    /// @notice How it answers.
    Mode public mode;

    /// @param owner_ Whose ECDSA signature it accepts.
    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Changes how it answers.
    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (mode == Mode.Reverting) revert("no");
        if (mode == Mode.Short) {
            bytes4 magic = IERC1271.isValidSignature.selector;
            assembly ("memory-safe") {
                mstore(0x00, magic)
                return(0x00, 0x04)
            }
        }
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(hash, signature);
        bool good = mode == Mode.Honest && failure == ECDSA.RecoverError.NoError && signer == owner;
        return good ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
