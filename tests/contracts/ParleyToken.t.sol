// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Test} from "forge-std/Test.sol";
import {ParleyToken} from "../../contracts/ParleyToken.sol";
import {IParleyToken} from "../../contracts/interfaces/IParleyToken.sol";
import {Signatures} from "./mocks/Signatures.sol";

/// @title ParleyTokenTest
/// @notice The token of development chains (section 3): supply, open mint, permits.
contract ParleyTokenTest is Test {
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    ParleyToken private token;
    address private holder = makeAddr("holder");
    address private spender = makeAddr("spender");
    address private owner;
    uint256 private key;

    function setUp() public {
        vm.warp(1_700_000_000);
        token = new ParleyToken(holder, 1000e18);
        (owner, key) = makeAddrAndKey("owner");
    }

    /* ------------------------------------------- SUPPLY ------------------------------------------- */

    /// @notice Section 3: name, symbol, 18 decimals; the supply is the holder's.
    function test_constructor_givesTheSupplyToTheHolder() public view {
        assertEq(token.name(), "Parley");
        assertEq(token.symbol(), "PRLY");
        assertEq(token.decimals(), 18);
        assertEq(token.totalSupply(), 1000e18);
        assertEq(token.balanceOf(holder), 1000e18);
    }

    /// @notice Section 3: no supply needs no holder.
    function test_constructor_withoutSupply() public {
        assertEq(new ParleyToken(address(0), 0).totalSupply(), 0);
    }

    function test_RevertWhen_constructor_supplyForNobody() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        new ParleyToken(address(0), 1);
    }

    /* -------------------------------------------- MINT -------------------------------------------- */

    /// @notice Section 3: anybody mints on a development chain.
    function test_mint_onDevelopmentChains() public {
        uint64[4] memory ids = [uint64(1337), 31_337, 31_368, 31_399];
        for (uint256 i; i < ids.length; ++i) {
            vm.chainId(ids[i]);
            vm.expectEmit(address(token));
            emit IERC20.Transfer(address(0), spender, 5);
            vm.prank(makeAddr("anybody"));
            token.mint(spender, 5);
        }
        assertEq(token.balanceOf(spender), 20);
    }

    function test_RevertWhen_mint_besideTheDevelopmentChains() public {
        uint64[8] memory ids = [uint64(1), 10, 8453, 1336, 1338, 31_336, 31_400, 11_155_111];
        for (uint256 i; i < ids.length; ++i) {
            vm.chainId(ids[i]);
            vm.expectRevert(abi.encodeWithSelector(IParleyToken.ParleyToken_MintClosed.selector, ids[i]));
            token.mint(spender, 5);
        }
        assertEq(token.totalSupply(), 1000e18);
    }

    /// @notice F-48: on any other chain nobody mints, the holder of the supply included; a fork under another id neither.
    function testFuzz_RevertWhen_mint_elsewhere(uint64 chainId, address caller) public {
        vm.assume(chainId != 0 && chainId != 1337 && (chainId < 31_337 || chainId > 31_399));
        vm.chainId(chainId);
        vm.expectRevert(abi.encodeWithSelector(IParleyToken.ParleyToken_MintClosed.selector, chainId));
        vm.prank(caller);
        token.mint(caller, 1);
    }

    /* ------------------------------------------- PERMIT ------------------------------------------- */

    /// @notice EIP-2612: a permit is an approval; good up to its deadline's second.
    function test_permit_atItsDeadline() public {
        _permit(7, block.timestamp, _signed(7, 0, block.timestamp));
        assertEq(token.allowance(owner, spender), 7);
        assertEq(token.nonces(owner), 1);
    }

    function test_RevertWhen_permit_expired() public {
        bytes memory signature = _signed(7, 0, block.timestamp - 1);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, block.timestamp - 1));
        _permit(7, block.timestamp - 1, signature);
    }

    /// @notice F-52: a permit is spent by its nonce.
    function test_RevertWhen_permit_replayed() public {
        bytes memory signature = _signed(7, 0, block.timestamp);
        _permit(7, block.timestamp, signature);
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        _permit(7, block.timestamp, signature);
    }

    /// @notice F-52: a permit for another chain is none.
    function test_RevertWhen_permit_ofAnotherChain() public {
        bytes memory signature = _signed(7, 0, block.timestamp);
        vm.chainId(10);
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        _permit(7, block.timestamp, signature);
    }

    /// @notice F-52: a permit over another amount is none.
    function testFuzz_RevertWhen_permit_forAnotherAmount(uint256 amount) public {
        vm.assume(amount != 7);
        bytes memory signature = _signed(7, 0, block.timestamp);
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        _permit(amount, block.timestamp, signature);
    }

    function _signed(uint256 value, uint256 nonce, uint256 deadline) private view returns (bytes memory) {
        bytes32 hash = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonce, deadline));
        bytes32 separator = Signatures.domain("Parley", block.chainid, address(token));
        return Signatures.sign(key, Signatures.digest(separator, hash));
    }

    function _permit(uint256 value, uint256 deadline, bytes memory signature) private {
        (bytes32 r, bytes32 s, uint8 v) = (bytes32(0), bytes32(0), uint8(signature[64]));
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        token.permit(owner, spender, value, deadline, v, r, s);
    }
}
