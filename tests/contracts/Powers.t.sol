// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

/// @title PowersTest
/// @notice What no contract of the protocol can do, read from its bytecode: nobody owns it, nobody pauses it, nothing replaces
/// its code (section 3).
contract PowersTest is Test {
    uint8 private constant PUSH1 = 0x60;
    uint8 private constant PUSH4 = 0x63;
    uint8 private constant PUSH32 = 0x7f;
    uint8 private constant CALLCODE = 0xf2;
    uint8 private constant DELEGATECALL = 0xf4;
    uint8 private constant SELFDESTRUCT = 0xff;
    uint8 private constant INVALID = 0xfe;

    string[8] internal names = [
        "ParticipantRegistry",
        "StakeVault",
        "RewardVault",
        "FederationRegistry",
        "RoundCoordinator",
        "Disputes",
        "RoundLens",
        "ParleyToken"
    ];

    string[16] internal ownership = [
        "owner()",
        "admin()",
        "governor()",
        "transferOwnership(address)",
        "acceptOwnership()",
        "renounceOwnership()",
        "setOwner(address)",
        "setAdmin(address)",
        "changeAdmin(address)",
        "grantRole(bytes32,address)",
        "revokeRole(bytes32,address)",
        "setCoordinator(address)",
        "setDisputes(address)",
        "rescue(address,uint256)",
        "sweep(address)",
        "emergencyWithdraw()"
    ];
    string[8] internal pausing = [
        "pause()",
        "unpause()",
        "paused()",
        "freeze()",
        "freeze(address)",
        "blacklist(address)",
        "setPaused(bool)",
        "shutdown()"
    ];
    string[8] internal upgrading = [
        "upgradeTo(address)",
        "upgradeToAndCall(address,bytes)",
        "upgrade(address)",
        "implementation()",
        "proxiableUUID()",
        "initialize()",
        "initialize(address)",
        "setImplementation(address)"
    ];

    /// @notice F-48: there is no key to steal: no function that an owner or an administrator would have.
    function test_F48_nobodyOwnsAnything() public view {
        for (uint256 i; i < names.length; ++i) {
            bytes memory code = _code(names[i]);
            for (uint256 k; k < ownership.length; ++k) {
                _refuse(names[i], code, ownership[k]);
            }
        }
    }

    /// @notice F-49: nothing can be paused, so no stake can be kept in by a pause.
    function test_F49_nothingPauses() public view {
        for (uint256 i; i < names.length; ++i) {
            bytes memory code = _code(names[i]);
            for (uint256 k; k < pausing.length; ++k) {
                _refuse(names[i], code, pausing[k]);
            }
        }
    }

    /// @notice F-50: no proxies: no contract runs another's code on its storage, none can be upgraded or destroyed.
    function test_F50_nothingIsUpgraded() public view {
        for (uint256 i; i < names.length; ++i) {
            bytes memory code = _code(names[i]);
            for (uint256 k; k < upgrading.length; ++k) {
                _refuse(names[i], code, upgrading[k]);
            }
            assertFalse(_executes(code, DELEGATECALL), names[i]);
            assertFalse(_executes(code, CALLCODE), names[i]);
            assertFalse(_executes(code, SELFDESTRUCT), names[i]);
        }
    }

    /// @notice Section 10: small contracts: each below 20 KiB of code.
    function test_contractsAreBelow20KiB() public view {
        for (uint256 i; i < names.length; ++i) {
            assertLt(_code(names[i]).length, 20 * 1024, names[i]);
        }
    }

    /// @dev The search itself finds what is there.
    function test_theSearchFindsWhatIsThere() public view {
        assertTrue(_mentions(_code("StakeVault"), "withdraw(address,uint256,address)"));
        assertTrue(_mentions(_code("RewardVault"), "claim(uint256,uint256,address,uint256,bytes32[])"));
        assertTrue(_mentions(_code("Disputes"), "commitDisproof(bytes32)"));
        assertFalse(_mentions(_code("StakeVault"), "commitDisproof(bytes32)"));
        assertTrue(_executes(hex"6000f400", DELEGATECALL));
        assertFalse(_executes(hex"61f4f400", DELEGATECALL), "data of a push");
        assertFalse(_executes(hex"00fef4", DELEGATECALL), "data after the code");
    }

    function _code(string memory name) private view returns (bytes memory) {
        return vm.getDeployedCode(string.concat(name, ".sol:", name));
    }

    function _refuse(string memory name, bytes memory code, string memory signature) private pure {
        assertFalse(_mentions(code, signature), string.concat(name, " has ", signature));
    }

    /// @dev Whether the code pushes a function's selector, as dispatchers do.
    function _mentions(bytes memory code, string memory signature) private pure returns (bool) {
        bytes4 selector = bytes4(keccak256(bytes(signature)));
        for (uint256 i; i + 4 < code.length; i += _sizeAt(code, i)) {
            if (uint8(code[i]) != PUSH4) continue;
            bytes4 pushed =
                bytes4(code[i + 1]) | bytes4(code[i + 2]) >> 8 | bytes4(code[i + 3]) >> 16 | bytes4(code[i + 4]) >> 24;
            if (pushed == selector) return true;
        }
        return false;
    }

    /// @dev Whether an instruction of the code is this one; what follows the designated invalid instruction is data.
    function _executes(bytes memory code, uint8 instruction) private pure returns (bool) {
        for (uint256 i; i < code.length; i += _sizeAt(code, i)) {
            if (uint8(code[i]) == instruction) return true;
            if (uint8(code[i]) == INVALID) return false;
        }
        return false;
    }

    /// @dev An instruction with the data it pushes.
    function _sizeAt(bytes memory code, uint256 i) private pure returns (uint256) {
        uint8 instruction = uint8(code[i]);
        return instruction < PUSH1 || instruction > PUSH32 ? 1 : instruction - PUSH1 + 2;
    }
}
