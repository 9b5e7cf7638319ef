// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Cid
/// @notice CIDv1 strings, sha2-256, multibase base32 lower case (P-5; https://github.com/multiformats/cid).
library Cid {
    bytes32 private constant ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    uint256 private constant CHUNK = 1 << 20;

    /// @notice CID of an object of `size` bytes: codec raw if it is a single chunk of at most 1 MiB, else dag-pb.
    /// @param digest sha2-256 digest of the object's root block.
    /// @return text `b` and 58 base32 digits.
    function toString(bytes32 digest, uint256 size) internal pure returns (string memory text) {
        bytes memory out = new bytes(59);
        out[0] = "b";
        // version 1, codec, sha2-256, 32 bytes; then 288 bits are 58 digits of 5 bits, the last padded with two zero bits
        uint256 head = size <= CHUNK ? 0x01551220 : 0x01701220;
        for (uint256 i; i < 58; ++i) {
            out[i + 1] = ALPHABET[_digit(head, uint256(digest), i)];
        }
        text = string(out);
    }

    /// @dev Five bits from bit 5 * i of the 290-bit string head (32) ‖ digest (256) ‖ 00.
    function _digit(uint256 head, uint256 digest, uint256 i) private pure returns (uint256) {
        uint256 end = 5 * i + 5;
        if (end <= 32) return (head >> (32 - end)) & 31;
        if (end <= 35) return (head << (end - 32) | digest >> (288 - end)) & 31;
        if (end <= 288) return (digest >> (288 - end)) & 31;
        return (digest << 2) & 31;
    }
}
