// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {Header, Phase, Policy, Settlement} from "../../contracts/interfaces/ParleyTypes.sol";
import {CourtBase} from "./utils/CourtBase.sol";

/// @title FaultsTest
/// @notice Known faults of such systems that are nobody's special case: each is tried, and does no harm.
contract FaultsTest is CourtBase {
    bytes4 internal constant MISMATCH = IRoundCoordinator.RoundCoordinator_CommitmentMismatch.selector;

    function setUp() public {
        setUpFederation(4, 4, 2);
        openRound();
    }

    /* ------------------------------------------ MEMBERS ------------------------------------------- */

    /// @notice F-9, P-13: the hundredth member pays for joining, acting and leaving what the tenth does: nothing loops over
    /// members, dead entries cost nobody anything.
    function test_F9_gasDoesNotGrowWithTheMembers() public {
        vm.warp(lens.roundOf(fid).trainEnd);
        coordinator.advance(fid, noHeader());
        uint256[3] memory few = _gasOfAMember("tenth");
        for (uint256 i; i < 90; ++i) {
            join(string.concat("crowd", vm.toString(i)), 7);
        }
        vm.warp(lens.roundOf(fid).trainEnd);
        coordinator.advance(fid, noHeader());
        uint256[3] memory many = _gasOfAMember("hundredth");
        for (uint256 i; i < 3; ++i) {
            assertLe(many[i], few[i] + 500, "not dearer for ninety more members");
        }
    }

    /// @dev Joining, committing in the next round, leaving.
    function _gasOfAMember(string memory name) private returns (uint256[3] memory gas) {
        address operator = newOperator(name, 10_000e18);
        vm.prank(operator);
        federationRegistry.join(fid, 7);
        gas[0] = vm.lastCallGas().gasTotalUsed;
        vm.warp(lens.roundOf(fid).trainEnd);
        coordinator.advance(fid, noHeader());
        vm.roll(vm.getBlockNumber() + 3);
        coordinator.captureSeed(fid);
        uint256 round = current();
        vm.prank(operator);
        coordinator.commitUpdate(fid, round, keccak256("commitment"));
        gas[1] = vm.lastCallGas().gasTotalUsed;
        vm.prank(operator);
        coordinator.leaveFederation(fid);
        gas[2] = vm.lastCallGas().gasTotalUsed;
    }

    /* ---------------------------------------- COMMITMENTS ----------------------------------------- */

    /// @notice F-10, P-9: whoever copies another's commitment can never open it, neither with the other's opening nor with any.
    function testFuzz_F10_copiedCommitmentNeverOpens(bytes32 root, bytes32 digest, bytes32 salt) public {
        vm.assume(root != 0 && digest != 0);
        for (uint256 i; i < 3; ++i) {
            commitUpdate(trainers[i]);
        }
        bytes32 copied = updateCommitment(1, trainers[0]);
        vm.prank(trainers[3]);
        coordinator.commitUpdate(fid, 1, copied);
        tick();
        _refuseUpdate(trainers[3], root, digest, salt);
        _refuseUpdateOf(trainers[3], trainers[0]);
        revealUpdate(trainers[0]);
        _refuseUpdateOf(trainers[3], trainers[0]);
    }

    /// @notice F-11, P-9: what was committed to for another chain, another deployment, another federation or another round does
    /// not open here, though operator, content and salt are the same.
    function test_F11_commitmentOfAnotherPlaceNeverOpens() public {
        bytes32[4] memory elsewhere = [
            _commitment(block.chainid + 1, address(coordinator), fid, 1),
            _commitment(block.chainid, address(court), fid, 1),
            _commitment(block.chainid, address(coordinator), fid + 1, 1),
            _commitment(block.chainid, address(coordinator), fid, 2)
        ];
        for (uint256 i; i < 4; ++i) {
            uint256 state = vm.snapshotState();
            _commitAs(elsewhere[i]);
            _refuseUpdateOf(trainers[0], trainers[0]);
            vm.revertToState(state);
        }
        _commitAs(_commitment(block.chainid, address(coordinator), fid, 1));
        uint256 before = vm.snapshotState();
        vm.chainId(block.chainid + 1); // a fork
        _refuseUpdateOf(trainers[0], trainers[0]);
        vm.revertToState(before);
        revealUpdate(trainers[0]);
    }

    /// @notice F-12, P-14: equal scores make unequal commitments, and the right scores without the right 32 bytes of salt open
    /// nothing: trying all scores of a small scale tells nobody what was committed to.
    function testFuzz_F12_scoresAreNotGuessedFromTheirCommitment(bytes32 guess) public {
        trainAll();
        openValidation();
        tick();
        for (uint256 i; i < evaluators.length; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        bytes memory vector = vectorOf(evaluators[0], 1);
        vm.assume(guess != secret("score salt", evaluators[0], 1));
        vm.prank(evaluators[0]);
        vm.expectPartialRevert(MISMATCH);
        coordinator.revealScores(fid, 1, vector, guess);
        revealScores(evaluators[0]);
    }

    /// @notice F-13, F-14, P-10: who looks at the others' reveals and withholds its own, or is kept from revealing in time,
    /// changes nothing for the others, is not paid and not slashed: its stake is whole.
    function test_F13_F14_withheldRevealIsNeutral() public {
        for (uint256 i; i < 4; ++i) {
            commitUpdate(trainers[i]);
        }
        tick();
        for (uint256 i; i < 3; ++i) {
            revealUpdate(trainers[i]);
        }
        vm.warp(lens.roundOf(fid).revealEnd);
        (bytes32 root, bytes32 digest, bytes32 salt) = _openingOf(trainers[3]);
        vm.prank(trainers[3]);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_WrongTime.selector);
        coordinator.revealUpdate(fid, 1, root, digest, salt);
        scoreAll();
        Header memory header = settle(aggregatorOf(0), settlementOf(1));
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        assertEq(current(), 2, "the round went on without it");
        assertFalse(lens.memberOf(fid, trainers[3]).hasIndex, "there is no leaf to pay it by");
        vm.prank(trainers[3]);
        coordinator.leaveFederation(fid);
        vm.warp(lens.roundOf(fid).trainEnd);
        coordinator.advance(fid, noHeader());
        coordinator.unbond(fid, trainers[3]);
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), trainers[3]);
        assertEq(free, 10_000e18);
        assertEq(locked, 0);
    }

    /// @notice F-18: roots and digests are 32 bytes by type, and zero is none of them, nor is a zero commitment.
    function test_F18_RevertWhen_rootDigestOrCommitmentIsZero() public {
        vm.prank(trainers[0]);
        vm.expectRevert(IRoundCoordinator.RoundCoordinator_ZeroCommitment.selector);
        coordinator.commitUpdate(fid, 1, 0);
        for (uint256 i; i < 4; ++i) {
            commitUpdate(trainers[i]);
        }
        tick();
        for (uint256 i; i < 2; ++i) {
            vm.prank(trainers[0]);
            vm.expectRevert(IRoundCoordinator.RoundCoordinator_ZeroRoot.selector);
            coordinator.revealUpdate(fid, 1, bytes32(i), bytes32(1 - i), 0);
        }
    }

    /// @notice F-43, F-18: a settlement with a zero root is refused; default values are never a root.
    function test_F43_RevertWhen_settlementHasAZeroRoot() public {
        trainAll();
        scoreAll();
        for (uint256 i; i < 3; ++i) {
            Settlement memory s = settlementOf(1);
            if (i == 0) s.rowRoot = 0;
            else if (i == 1) s.modelRoot = 0;
            else s.rewardRoot = 0;
            _refuseSettlement(s, IRoundCoordinator.RoundCoordinator_ZeroRoot.selector);
        }
    }

    /* ------------------------------------------- SCORES ------------------------------------------- */

    /// @notice F-24: a score is 16 bits of a vector of exact length: nothing out of scale, no NaN, can be written; any other
    /// length is refused.
    function testFuzz_F24_RevertWhen_vectorHasAnotherLength(uint256 length) public {
        trainAll();
        openValidation();
        tick();
        for (uint256 i; i < evaluators.length; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        length = bound(length, 0, 2000);
        uint256 expected = 8 + 4 * trainers.length;
        vm.assume(length != expected);
        vm.prank(evaluators[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_ShapeMismatch.selector, length, expected)
        );
        coordinator.revealScores(fid, 1, new bytes(length), 0);
    }

    /// @notice F-20, P-23: the CID's digest is a hint and no state: whatever it says, the root that was posted is the model.
    function testFuzz_F20_rootIsTheAuthority(bytes32 digest) public {
        trainAll();
        scoreAll();
        Settlement memory s = settlementOf(1);
        s.modelDigest = digest;
        Header memory header = settle(aggregatorOf(0), s);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        assertEq(lens.federationOf(fid).modelRoot, s.modelRoot);
    }

    /* ------------------------------------------- FINALITY ----------------------------------------- */

    /// @notice F-27: final once: neither the header again, nor a conviction, nor another settlement of that round.
    function test_F27_RevertWhen_finalisedTwice() public {
        Header memory header = playToSettlement();
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        (,,,, uint256 owed) = rewardVault.booksOf(fid);
        vm.expectRevert(abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_WrongPhase.selector, Phase.Train));
        coordinator.advance(fid, header);
        vm.prank(address(court));
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_WrongPhase.selector);
        coordinator.convict(fid, header, prover);
        (,,,, uint256 owedAfter) = rewardVault.booksOf(fid);
        assertEq(owedAfter, owed);
    }

    /// @notice F-34: whoever finalises gets nothing for it, so there is nothing to front-run; who comes second only reverts.
    function test_F34_finalisingPaysNobody() public {
        Header memory header = playToSettlement();
        vm.warp(lens.roundOf(fid).finalAt);
        address eager = makeAddr("eager");
        vm.prank(eager);
        coordinator.advance(fid, header);
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), eager);
        assertEq(free + locked + token.balanceOf(eager) + eager.balance, 0);
    }

    /// @notice F-47, P-7: a policy made in the middle of a round, with the settlement posted, changes neither its bond nor its
    /// challenge.
    function test_F47_policyOfAnOpenRoundStands() public {
        Header memory header = playToSettlement();
        uint256 finalAt = lens.roundOf(fid).finalAt;
        Policy memory policy = defaultPolicy();
        (policy.bond, policy.challenge, policy.reward) = (1e18, 5, 1e18);
        vm.prank(sponsor);
        federationRegistry.setPolicy(fid, policy);
        assertEq(lens.roundOf(fid).finalAt, finalAt);
        vm.prank(address(court));
        coordinator.convict(fid, header, address(0));
        assertEq(stakeVault.toBurn(address(token)), 500e18, "the bond of the round's policy");
    }

    /// @notice F-7: ETH forced into the disputes contract belongs to nobody, pays nobody, and keeps nothing from working.
    function test_F7_forcedEtherIsNobodys() public {
        (bool sent,) = address(court).call{value: 0}("");
        assertFalse(sent, "takes no ETH but fees");
        vm.deal(address(court), 5 ether);
        assertEq(court.owedTo(address(this)), 0);
        Header memory header = playToSettlement();
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        assertEq(address(court).balance, 5 ether);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _commitment(uint256 chainId, address contract_, uint256 federation, uint256 round)
        private
        view
        returns (bytes32)
    {
        (bytes32 root, bytes32 digest, bytes32 salt) = _openingOf(trainers[0]);
        return keccak256(
            abi.encode(keccak256("update"), chainId, contract_, federation, round, trainers[0], root, digest, salt)
        );
    }

    function _openingOf(address operator) private view returns (bytes32, bytes32, bytes32) {
        return (secret("root", operator, 1), secret("digest", operator, 1), secret("salt", operator, 1));
    }

    /// @dev Trainer 0 commits to this, the others to their own.
    function _commitAs(bytes32 commitment) private {
        vm.prank(trainers[0]);
        coordinator.commitUpdate(fid, 1, commitment);
        for (uint256 i = 1; i < 4; ++i) {
            commitUpdate(trainers[i]);
        }
        tick();
    }

    function _refuseUpdateOf(address sender, address owner) private {
        (bytes32 root, bytes32 digest, bytes32 salt) = _openingOf(owner);
        _refuseUpdate(sender, root, digest, salt);
    }

    function _refuseUpdate(address sender, bytes32 root, bytes32 digest, bytes32 salt) private {
        vm.prank(sender);
        vm.expectPartialRevert(MISMATCH);
        coordinator.revealUpdate(fid, 1, root, digest, salt);
    }

    function _refuseSettlement(Settlement memory s, bytes4 refusal) private {
        vm.roll(vm.getBlockNumber() + 1);
        uint256 number = vm.getBlockNumber() - 1;
        address operator = aggregatorOf(0);
        vm.prank(operator);
        vm.expectRevert(refusal);
        coordinator.settle(fid, 1, 0, s, number, blockhash(number));
    }
}
