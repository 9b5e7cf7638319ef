// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Cid} from "../../contracts/libraries/Cid.sol";

/// @title CidTest
/// @notice CID strings (P-5) against those of Kubo and of `parley.storage.cid`.
contract CidTest is Test {
    uint256 private constant CHUNK = 1 << 20;
    bytes32 private constant HELLO = 0xb94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9;

    /* --------------------------------------- KNOWN VECTORS ---------------------------------------- */

    /// @notice P-5: the empty raw block, as `ipfs add --cid-version 1 /dev/null` has it.
    function test_P5_toString_emptyBlock() external pure {
        assertEq(Cid.toString(sha256(""), 0), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
    }

    /// @notice P-5: "hello world" as a raw block.
    function test_P5_toString_helloWorld() external pure {
        assertEq(sha256("hello world"), HELLO);
        assertEq(Cid.toString(HELLO, 11), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
    }

    /// @notice P-5: the empty UnixFS directory, dag-pb: a digest that every IPFS node knows.
    function test_P5_toString_emptyDirectory() external pure {
        bytes32 digest = sha256(hex"0a020801");
        assertEq(Cid.toString(digest, CHUNK + 1), "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
    }

    /// @notice P-5: what `parley.storage.cid` says of 4810 parameters.
    function test_P5_toString_matchesThePythonSide() external pure {
        bytes32 digest = sha256("digest 0");
        assertEq(Cid.toString(digest, 19_240), "bafkreieonhysod4ltdn5y5cboejxjd264mdxkzyif35dt2ahze3mutslve");
    }

    /// @notice P-5: digests of all zeros and all ones show every seam between head, digest and padding.
    function test_P5_toString_extremeDigests() external pure {
        bytes32 ones = bytes32(type(uint256).max);
        assertEq(Cid.toString(0, 1), "bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        assertEq(Cid.toString(ones, 1), "bafkreih777777777777777777777777777777777777777777777777774");
        assertEq(Cid.toString(0, 1 << 21), "bafybeiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        assertEq(Cid.toString(ones, 1 << 21), "bafybeih777777777777777777777777777777777777777777777777774");
    }

    /* -------------------------------------------- CODEC ------------------------------------------- */

    /// @notice P-5: one chunk is a raw block up to 1 MiB exactly, more is a dag-pb node.
    function test_P5_toString_codecChangesAboveOneChunk() external pure {
        assertEq(Cid.toString(HELLO, CHUNK - 1), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
        assertEq(Cid.toString(HELLO, CHUNK), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
        assertEq(Cid.toString(HELLO, CHUNK + 1), "bafybeifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
    }

    /// @notice P-5: decoded, the string is version 1, codec, sha2-256, 32 bytes, digest, whatever the digest.
    function testFuzz_P5_toString_decodesToWhatWentIn(bytes32 digest, uint256 size) external pure {
        bytes memory text = bytes(Cid.toString(digest, size));
        assertEq(text.length, 59);
        assertEq(text[0], bytes1("b"));
        (uint256 head, bytes32 decoded) = _decode(text);
        assertEq(head, size <= CHUNK ? 0x01551220 : 0x01701220);
        assertEq(decoded, digest);
    }

    /// @notice P-5: two digests never have one string.
    function testFuzz_P5_toString_isInjective(bytes32 a, bytes32 b, uint256 size) external pure {
        vm.assume(a != b);
        assertNotEq(Cid.toString(a, size), Cid.toString(b, size));
    }

    /// @dev RFC 4648 base32 without padding, bit by bit; the last digit's two low bits must be zero.
    function _decode(bytes memory text) private pure returns (uint256 head, bytes32 digest) {
        uint256 low;
        for (uint256 i = 1; i < text.length; ++i) {
            uint256 value = _valueOf(text[i]);
            for (uint256 bit = 5; bit > 0; --bit) {
                if (i == 58 && bit <= 2) {
                    assertEq((value >> (bit - 1)) & 1, 0, "padding");
                    continue;
                }
                head = head << 1 | low >> 255;
                low = low << 1 | ((value >> (bit - 1)) & 1);
            }
        }
        digest = bytes32(low);
    }

    function _valueOf(bytes1 character) private pure returns (uint256) {
        if (character >= "a" && character <= "z") return uint8(character) - 97;
        assertTrue(character >= "2" && character <= "7", "alphabet");
        return uint8(character) - 24;
    }
}
