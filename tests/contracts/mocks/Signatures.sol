// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

/// @title Signatures
/// @notice EIP-712 digests made anew, without the contracts' own code, and the ways in which a signature can be bad.
library Signatures {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// @dev Order of secp256k1.
    uint256 internal constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @notice The domain separator of EIP-712 for version "1".
    function domain(string memory name, uint256 chainId, address verifier) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                chainId,
                verifier
            )
        );
    }

    /// @notice The digest to sign.
    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    /// @notice 65 bytes: r, s, v.
    function sign(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    /// @notice The second signature that everybody can make of one: s mirrored, v flipped.
    function malleated(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, hash);
        return abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    /// @notice The signature with one fault each; none may be accepted.
    function bad(uint256 key, bytes32 hash) internal pure returns (bytes[] memory list) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, hash);
        list = new bytes[](9);
        list[0] = malleated(key, hash);
        list[1] = ""; // ecrecover is not even asked
        list[2] = new bytes(65); // recovers to the zero address
        list[3] = abi.encodePacked(r, s, uint8(0));
        list[4] = abi.encodePacked(r, s, v - 27); // the parity bit instead of 27 or 28
        list[5] = abi.encodePacked(r, s, v == 27 ? uint8(28) : uint8(27));
        list[6] = abi.encodePacked(r, s); // v cut off
        list[7] = abi.encodePacked(r, s, v, uint8(0)); // a byte too many
        // compact form of EIP-2098: a second encoding would be a second signature
        list[8] = abi.encodePacked(r, bytes32(uint256(v - 27) << 255 | uint256(s)));
    }
}
