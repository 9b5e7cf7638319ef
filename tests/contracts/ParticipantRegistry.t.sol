// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {ParticipantRegistry} from "../../contracts/ParticipantRegistry.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Signatures} from "./mocks/Signatures.sol";
import {Wallet} from "./mocks/Wallet.sol";

/// @title ParticipantRegistryTest
/// @notice Operators and worker keys (section 2), consents by EIP-712 from EOAs and ERC-1271 wallets (F-8, F-52).
contract ParticipantRegistryTest is Test {
    bytes32 private constant WORKER_TYPEHASH =
        keccak256("Worker(address operator,address worker,uint256 nonce,uint256 deadline)");
    string private constant NAME = "Parley ParticipantRegistry";

    ParticipantRegistry private registry;
    address private alice = makeAddr("alice");
    address private bob = makeAddr("bob");
    address private worker;
    uint256 private key;
    uint256 private deadline;

    function setUp() public {
        vm.warp(1_700_000_000);
        deadline = block.timestamp + 1 hours;
        registry = new ParticipantRegistry();
        (worker, key) = makeAddrAndKey("worker");
        _register(alice);
        _register(bob);
    }

    /* ----------------------------------------- OPERATORS ------------------------------------------ */

    /// @notice Section 2: an operator registers, with a metadata digest, and acts for itself.
    function test_register() public {
        address carol = makeAddr("carol");
        assertFalse(registry.isOperator(carol));
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.OperatorRegistered(carol, keccak256("metadata"));
        vm.prank(carol);
        registry.register(keccak256("metadata"));
        assertTrue(registry.isOperator(carol));
        assertEq(registry.operatorOf(carol), carol);
        assertEq(registry.metadataOf(carol), keccak256("metadata"));
    }

    function test_RevertWhen_register_twice() public {
        _expectTaken(alice, alice);
        _register(alice);
    }

    /// @notice F-8: a worker key cannot become an identity of its own while it acts for another.
    function test_RevertWhen_register_workerKey() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        _expectTaken(worker, alice);
        _register(worker);
    }

    /// @notice F-8: once removed, it may.
    function test_register_formerWorkerKey() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        vm.prank(alice);
        registry.removeWorker(worker);
        _register(worker);
        assertEq(registry.operatorOf(worker), worker);
    }

    /// @notice Section 2: metadata can be replaced, and taken away.
    function testFuzz_setMetadata(bytes32 digest) public {
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.MetadataChanged(alice, digest);
        vm.prank(alice);
        registry.setMetadata(digest);
        assertEq(registry.metadataOf(alice), digest);
        assertEq(registry.metadataOf(bob), 0);
    }

    function test_RevertWhen_setMetadata_notOperator() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        _expectNotOperator(worker);
        vm.prank(worker);
        registry.setMetadata(keccak256("mine"));
        assertEq(registry.metadataOf(alice), 0);
    }

    /// @notice The zero address stands for nobody and is no operator.
    function test_isOperator_zeroAddressIsNone() public view {
        assertFalse(registry.isOperator(address(0)));
        assertEq(registry.operatorOf(address(0)), address(0));
    }

    /* --------------------------------------- NAMING A WORKER -------------------------------------- */

    /// @notice Section 2: a worker key that consents acts for the operator, and is no operator itself.
    function test_nameWorker() public {
        bytes memory signature = _consent(alice, 0, deadline);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.WorkerNamed(alice, worker);
        _name(alice, deadline, signature);
        assertEq(registry.operatorOf(worker), alice);
        assertEq(registry.nonces(worker), 1);
        assertFalse(registry.isOperator(worker));
    }

    /// @notice Section 2: an operator may have several worker keys.
    function test_nameWorker_several() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        (address second, uint256 secondKey) = makeAddrAndKey("second worker");
        bytes32 digest = _digest(NAME, block.chainid, address(registry), alice, second, 0, deadline);
        vm.prank(alice);
        registry.nameWorker(second, deadline, Signatures.sign(secondKey, digest));
        assertEq(registry.operatorOf(worker), alice);
        assertEq(registry.operatorOf(second), alice);
    }

    /// @notice F-51: the consent is good to its deadline's second, and not one more.
    function test_nameWorker_aroundTheDeadline() public {
        bytes memory signature = _consent(alice, 0, deadline);
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipantRegistry.ParticipantRegistry_ConsentExpired.selector, deadline, deadline + 1
            )
        );
        _name(alice, deadline, signature);
        for (uint256 early; early < 2; ++early) {
            uint256 state = vm.snapshotState();
            vm.warp(deadline - early);
            _name(alice, deadline, signature);
            assertEq(registry.operatorOf(worker), alice);
            vm.revertToState(state);
        }
    }

    function test_RevertWhen_nameWorker_notOperator() public {
        address stranger = makeAddr("stranger");
        bytes memory signature = _consent(stranger, 0, deadline);
        _expectNotOperator(stranger);
        _name(stranger, deadline, signature);
    }

    /// @notice F-8: a worker key cannot name further keys; else a stolen one could never be shut out.
    function test_RevertWhen_nameWorker_byWorkerKey() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        (address second, uint256 secondKey) = makeAddrAndKey("second worker");
        bytes32 digest = _digest(NAME, block.chainid, address(registry), worker, second, 0, deadline);
        _expectNotOperator(worker);
        vm.prank(worker);
        registry.nameWorker(second, deadline, Signatures.sign(secondKey, digest));
    }

    /// @notice F-1: an address acts for one operator only.
    function test_RevertWhen_nameWorker_takenByAnother() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        bytes memory signature = _consent(bob, 1, deadline);
        _expectTaken(worker, alice);
        _name(bob, deadline, signature);
        assertEq(registry.nonces(worker), 1, "a failed naming uses no nonce");
    }

    function test_RevertWhen_nameWorker_twice() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        bytes memory signature = _consent(alice, 1, deadline);
        _expectTaken(worker, alice);
        _name(alice, deadline, signature);
    }

    /// @notice F-1: an operator cannot be made another's worker key, even if it consents.
    function test_RevertWhen_nameWorker_isOperator() public {
        _register(worker);
        bytes memory signature = _consent(alice, 0, deadline);
        _expectTaken(worker, worker);
        _name(alice, deadline, signature);
    }

    /* ------------------------------------------ SIGNATURES ---------------------------------------- */

    /// @notice F-52: the consent names the operator; another cannot take it from the mempool.
    function test_RevertWhen_nameWorker_consentToAnother() public {
        _expectInvalid(bob, deadline, _consent(alice, 0, deadline));
    }

    /// @notice F-52: a consent is spent; a removed key cannot be named again by the old one.
    function test_RevertWhen_nameWorker_replayedAfterRemoval() public {
        bytes memory signature = _consent(alice, 0, deadline);
        _name(alice, deadline, signature);
        vm.prank(alice);
        registry.removeWorker(worker);
        _expectInvalid(alice, deadline, signature);
        _name(alice, deadline, _consent(alice, 1, deadline));
        assertEq(registry.nonces(worker), 2);
    }

    /// @notice F-52: two consents out at once: the one used spends the other.
    function test_RevertWhen_nameWorker_secondConsentOfOneNonce() public {
        bytes memory toBob = _consent(bob, 0, deadline);
        _name(alice, deadline, _consent(alice, 0, deadline));
        vm.prank(alice);
        registry.removeWorker(worker);
        _expectInvalid(bob, deadline, toBob);
    }

    /// @notice F-52: neither an earlier nor a later nonce is good.
    function testFuzz_RevertWhen_nameWorker_wrongNonce(uint256 nonce) public {
        vm.assume(nonce != 0);
        _expectInvalid(alice, deadline, _consent(alice, nonce, deadline));
    }

    /// @notice F-52: the deadline is signed, too: whoever sends it cannot put it off.
    function testFuzz_RevertWhen_nameWorker_otherDeadline(uint256 later) public {
        later = bound(later, block.timestamp, type(uint256).max);
        vm.assume(later != deadline);
        _expectInvalid(alice, later, _consent(alice, 0, deadline));
    }

    /// @notice F-52: a consent for another chain is none here, nor is this one good on a fork with another id.
    function testFuzz_RevertWhen_nameWorker_ofAnotherChain(uint64 chainId) public {
        vm.assume(chainId != 0 && chainId != block.chainid);
        bytes memory signature = _consent(alice, 0, deadline);
        vm.chainId(chainId);
        _expectInvalid(alice, deadline, signature);
        _name(alice, deadline, _consent(alice, 0, deadline));
        assertEq(registry.operatorOf(worker), alice);
    }

    /// @notice F-52: a consent to another registry is none.
    function test_RevertWhen_nameWorker_ofAnotherContract() public {
        address other = address(new ParticipantRegistry());
        bytes32 digest = _digest(NAME, block.chainid, other, alice, worker, 0, deadline);
        _expectInvalid(alice, deadline, Signatures.sign(key, digest));
    }

    /// @notice F-52: a signature under another name's domain is none.
    function test_RevertWhen_nameWorker_ofAnotherDomainName() public {
        bytes32 digest = _digest("Parley RewardVault", block.chainid, address(registry), alice, worker, 0, deadline);
        _expectInvalid(alice, deadline, Signatures.sign(key, digest));
    }

    /// @notice F-52: mirrored, empty, zero, cut, padded and compact signatures are refused.
    function test_RevertWhen_nameWorker_badSignature() public {
        bytes32 digest = _digest(NAME, block.chainid, address(registry), alice, worker, 0, deadline);
        bytes[] memory list = Signatures.bad(key, digest);
        for (uint256 i; i < list.length; ++i) {
            _expectInvalid(alice, deadline, list[i]);
        }
    }

    /// @notice F-52: a signature that recovers to the zero address does not speak for the zero address.
    function testFuzz_RevertWhen_nameWorker_zeroSigner(bytes32 r, bytes32 s, uint8 v) public {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.ParticipantRegistry_ConsentInvalid.selector, address(0))
        );
        vm.prank(alice);
        registry.nameWorker(address(0), deadline, abi.encodePacked(r, s, v));
    }

    /// @notice F-52: nobody signs for a worker key but itself, the operator included.
    function testFuzz_RevertWhen_nameWorker_signedByAnother(uint256 otherKey) public {
        otherKey = bound(otherKey, 1, Signatures.N - 1);
        vm.assume(otherKey != key);
        bytes32 digest = _digest(NAME, block.chainid, address(registry), alice, worker, 0, deadline);
        _expectInvalid(alice, deadline, Signatures.sign(otherKey, digest));
    }

    /* ------------------------------------------- ERC-1271 ----------------------------------------- */

    /// @notice Section 2: a contract can be a worker key; it consents by ERC-1271, once.
    function test_nameWorker_wallet() public {
        (Wallet wallet, bytes memory signature) = _walletConsent();
        vm.prank(alice);
        registry.nameWorker(address(wallet), deadline, signature);
        assertEq(registry.operatorOf(address(wallet)), alice);
        vm.prank(alice);
        registry.removeWorker(address(wallet));
        _expectWalletInvalid(wallet, signature);
    }

    /// @notice F-52: a wallet that answers anything but the magic value, or reverts, has not consented.
    function test_RevertWhen_nameWorker_walletRefuses() public {
        (Wallet wallet, bytes memory signature) = _walletConsent();
        for (uint256 mode = 1; mode <= uint256(type(Wallet.Mode).max); ++mode) {
            wallet.setMode(Wallet.Mode(mode));
            _expectWalletInvalid(wallet, signature);
        }
        assertEq(registry.nonces(address(wallet)), 0);
    }

    /// @notice F-52: the signature of a wallet's owner is not the owner's own consent, nor the other way round.
    function test_RevertWhen_nameWorker_ownerIsNotWallet() public {
        (, bytes memory signature) = _walletConsent();
        _expectInvalid(alice, deadline, signature);
        Wallet wallet = new Wallet(worker);
        _expectWalletInvalid(wallet, _consent(alice, 0, deadline));
    }

    /// @notice A contract can be an operator.
    function test_register_wallet() public {
        Wallet wallet = new Wallet(bob);
        wallet.execute(address(registry), abi.encodeCall(registry.register, (keccak256("safe"))));
        assertTrue(registry.isOperator(address(wallet)));
    }

    /* -------------------------------------- REMOVING A WORKER ------------------------------------- */

    /// @notice F-8: a removed key acts for nobody; the operator's identity stays.
    function test_removeWorker() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.WorkerRemoved(alice, worker);
        vm.prank(alice);
        registry.removeWorker(worker);
        assertEq(registry.operatorOf(worker), address(0));
        assertTrue(registry.isOperator(alice));
    }

    function test_RevertWhen_removeWorker_ofAnother() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        _expectNotWorker(worker, bob);
        vm.prank(bob);
        registry.removeWorker(worker);
        assertEq(registry.operatorOf(worker), alice);
    }

    function test_RevertWhen_removeWorker_unknown() public {
        _expectNotWorker(worker, alice);
        vm.prank(alice);
        registry.removeWorker(worker);
    }

    /// @notice F-8: an operator cannot remove itself, and so dodge what it owes.
    function test_RevertWhen_removeWorker_itself() public {
        _expectNotWorker(alice, alice);
        vm.prank(alice);
        registry.removeWorker(alice);
        assertTrue(registry.isOperator(alice));
    }

    function test_RevertWhen_removeWorker_notOperator() public {
        _name(alice, deadline, _consent(alice, 0, deadline));
        _expectNotOperator(worker);
        vm.prank(worker);
        registry.removeWorker(worker);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _register(address operator) private {
        vm.prank(operator);
        registry.register(0);
    }

    function _name(address operator, uint256 deadline_, bytes memory signature) private {
        vm.prank(operator);
        registry.nameWorker(worker, deadline_, signature);
    }

    function _consent(address operator, uint256 nonce, uint256 deadline_) private view returns (bytes memory) {
        return Signatures.sign(key, _digest(NAME, block.chainid, address(registry), operator, worker, nonce, deadline_));
    }

    function _walletConsent() private returns (Wallet wallet, bytes memory signature) {
        wallet = new Wallet(worker);
        bytes32 digest = _digest(NAME, block.chainid, address(registry), alice, address(wallet), 0, deadline);
        signature = Signatures.sign(key, digest);
    }

    function _digest(
        string memory name,
        uint256 chainId,
        address verifier,
        address operator,
        address worker_,
        uint256 nonce,
        uint256 deadline_
    ) private pure returns (bytes32) {
        return Signatures.digest(
            Signatures.domain(name, chainId, verifier),
            keccak256(abi.encode(WORKER_TYPEHASH, operator, worker_, nonce, deadline_))
        );
    }

    function _expectInvalid(address operator, uint256 deadline_, bytes memory signature) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.ParticipantRegistry_ConsentInvalid.selector, worker)
        );
        _name(operator, deadline_, signature);
    }

    function _expectWalletInvalid(Wallet wallet, bytes memory signature) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.ParticipantRegistry_ConsentInvalid.selector, address(wallet))
        );
        vm.prank(alice);
        registry.nameWorker(address(wallet), deadline, signature);
    }

    function _expectTaken(address account, address operator) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.ParticipantRegistry_AddressTaken.selector, account, operator)
        );
    }

    function _expectNotOperator(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantRegistry_NotOperator.selector, caller));
    }

    function _expectNotWorker(address worker_, address operator) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.ParticipantRegistry_NotWorker.selector, worker_, operator)
        );
    }
}
