// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../../contracts/interfaces/IDisputes.sol";
import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {Header, Phase, Policy, Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {Signatures} from "./mocks/Signatures.sol";
import {DisputesBase, Work} from "./utils/DisputesBase.sol";
import {RowCases} from "./utils/RowCases.sol";
import {Trees} from "./utils/Trees.sol";

/// @title DisproveClipTest
/// @notice A trainer whose revealed update exceeds the clip loses stake, once a round, and cannot get away first.
contract DisproveClipTest is DisputesBase {
    uint256 internal constant PARAMETER = 21; // word 2, lane 5
    uint256 internal constant SLASH = 50e18;

    address internal culprit = makeAddr("trainer1");

    function setUp() public {
        setUpDispute(Rule.TrimmedMean);
    }

    /// @dev One parameter of one trainer is a step beyond the clip, in every round.
    function wordsOf(string memory what, address who, uint256 round)
        internal
        view
        override
        returns (bytes32[] memory words)
    {
        words = super.wordsOf(what, who, round);
        if (who != culprit) return words;
        words[PARAMETER / 8] = RowCases.withLane(words[PARAMETER / 8], PARAMETER % 8, (1 << 31) - (1 << 20) - 1);
    }

    /* ------------------------------------------ CONVICTS ------------------------------------------ */

    /// @dev F-42: half of the slash to the prover, half burned; the settlement stands and the round ends as ever.
    function test_Clip_SlashesTheTrainerAndTheSettlementStands() external {
        Work memory w = honest(aggregatorOf(0));
        Header memory h = post(aggregatorOf(0), w);
        uint256 finalAt = lens.roundOf(fid).finalAt;
        _convict(SLASH);
        assertEq(lens.settlementHash(fid), hashOf(h));
        assertEq(lens.roundOf(fid).finalAt, finalAt);
        vm.warp(finalAt);
        coordinator.advance(fid, h);
        assertEq(lens.roundOf(fid).round, 3);
    }

    /// @dev Works from the reveal on, without any settlement.
    function test_Clip_WorksBeforeTheSettlement() external {
        assertPhase(Phase.Settle);
        _convict(SLASH);
    }

    /// @dev F-2, P-17: whoever leaves is slashed all the same and unbonds the rest only.
    function test_Clip_LeavingDoesNotHelp() external {
        vm.prank(culprit);
        coordinator.leaveFederation(fid);
        vm.expectPartialRevert(IRoundCoordinator.RoundCoordinator_StillBonded.selector);
        coordinator.unbond(fid, culprit);
        _convict(SLASH);
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), culprit);
        vm.warp(vm.getBlockTimestamp() + 5 * 12);
        coordinator.advance(fid, noHeader()); // void
        coordinator.unbond(fid, culprit);
        (uint256 freeAfter, uint256 lockedAfter) = stakeVault.accountOf(address(token), culprit);
        assertEq(freeAfter, free + 100e18 - SLASH);
        assertEq(lockedAfter, locked - (100e18 - SLASH));
    }

    /// @dev F-8: the operator answers, whatever keys it named or removed.
    function test_Clip_RotatingKeysDoesNotHelp() external {
        (address worker, uint256 key) = makeAddrAndKey("worker");
        bytes32 domain = Signatures.domain("Parley ParticipantRegistry", block.chainid, address(registry));
        bytes32 consent = keccak256(
            abi.encode(
                keccak256("Worker(address operator,address worker,uint256 nonce,uint256 deadline)"),
                culprit,
                worker,
                registry.nonces(worker),
                type(uint256).max
            )
        );
        bytes memory signature = Signatures.sign(key, Signatures.digest(domain, consent));
        vm.startPrank(culprit);
        registry.nameWorker(worker, type(uint256).max, signature);
        registry.removeWorker(worker);
        vm.stopPrank();
        _convict(SLASH);
    }

    /// @dev What is left of the stake is all there is to lose; nobody is slashed for what it does not have.
    function test_Clip_LosesWhatIsLeft() external {
        _convict(SLASH);
        _toNextRound();
        _convict(SLASH);
        assertEq(lens.memberOf(fid, culprit).stake, 0);
        _toNextRound();
        _convict(0);
    }

    /* ------------------------------------------ REFUSES ------------------------------------------- */

    /// @dev F-42: once per round and operator.
    function test_Clip_RevertWhen_SlashedAlready() external {
        _convict(SLASH);
        assertEq(court.clippedIn(fid, culprit), 2);
        assertRefused(_call(culprit, PARAMETER), IDisputes.Disputes_AlreadySlashed.selector);
    }

    /// @dev F-35: all other parameters of all updates are right.
    function test_Clip_RevertWhen_ParameterIsWithin() external {
        for (uint256 i; i < trainers.length; ++i) {
            for (uint256 p; p < PARAMS; ++p) {
                if (trainers[i] == culprit && p == PARAMETER) continue;
                assertRefused(_call(trainers[i], p), IDisputes.Disputes_NothingWrong.selector);
            }
        }
    }

    /// @dev Padding lanes and words hold no parameters.
    function test_Clip_RevertWhen_ThereIsNoSuchParameter() external {
        bytes32[] memory words = wordsOf("update", culprit, current());
        bytes memory data = abi.encodeCall(
            court.disproveClip, (fid, culprit, PARAMS, words[PARAMS / 8], Trees.path(words, PARAMS / 8))
        );
        assertRefused(data, IDisputes.Disputes_IndexTooLarge.selector);
    }

    function test_Clip_RevertWhen_WordIsNotTheUpdates() external {
        bytes32[] memory words = wordsOf("update", culprit, current());
        bytes32[] memory path = Trees.path(words, 2);
        bytes4 refusal = IDisputes.Disputes_NotUnderRoot.selector;
        assertRefused(abi.encodeCall(court.disproveClip, (fid, trainers[0], PARAMETER, words[2], path)), refusal);
        assertRefused(abi.encodeCall(court.disproveClip, (fid, culprit, PARAMETER, bytes32(0), path)), refusal);
        assertRefused(abi.encodeCall(court.disproveClip, (fid, culprit, 3, words[2], path)), refusal);
        path = Trees.path(words, DEPTH - 1, 1);
        bytes32 node = Trees.node(words, DEPTH - 1, 1);
        assertRefused(abi.encodeCall(court.disproveClip, (fid, culprit, 8, node, path)), refusal);
    }

    function test_Clip_RevertWhen_OperatorRevealedNothing() external {
        assertRefused(_callOf(aggregators[0], culprit, 2), IDisputes.Disputes_NotRevealed.selector);
        assertRefused(_callOf(address(0), culprit, 2), IDisputes.Disputes_NotRevealed.selector);
    }

    /// @dev F-41: neither a round that is over, nor an earlier one.
    function test_Clip_RevertWhen_RoundIsOver() external {
        bytes memory data = _call(culprit, PARAMETER);
        _toNextRound();
        bytes4 refusal = IDisputes.Disputes_NotUnderRoot.selector; // it revealed another update since
        assertRefused(data, refusal);
        vm.prank(sponsor);
        coordinator.close(fid);
        data = _call(culprit, PARAMETER);
        vm.warp(vm.getBlockTimestamp() + 5 * 12);
        coordinator.advance(fid, noHeader());
        assertPhase(Phase.Closed);
        assertRefused(data, IDisputes.Disputes_NotRevealed.selector);
    }

    /* ------------------------------------------- PROVERS ------------------------------------------ */

    /// @dev P-16: uncommitted, everything is burned.
    function test_P16_Clip_UncommittedProofBurnsEverything() external {
        uint256 burnt = stakeVault.toBurn(address(token));
        vm.expectEmit(address(court));
        emit IDisputes.ClipDisproved(fid, 2, culprit, address(0));
        (bool done,) = send(prover, _call(culprit, PARAMETER));
        assertTrue(done);
        assertEq(stakeVault.toBurn(address(token)), burnt + SLASH);
    }

    /// @dev P-16: a commitment from before the reveals does not count.
    function test_P16_Clip_CommitmentBeforeTheRevealsDoesNotCount() external {
        _toTrain();
        uint256 round = current();
        bytes memory data = _callOf(culprit, culprit, round);
        commit(prover, Trees.root(wordsOf("update", culprit, round)), data);
        trainAll();
        uint256 burnt = stakeVault.toBurn(address(token));
        (bool done,) = send(prover, data);
        assertTrue(done);
        assertEq(stakeVault.toBurn(address(token)), burnt + SLASH);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _call(address operator, uint256 parameter) internal view returns (bytes memory) {
        bytes32[] memory words = wordsOf("update", operator, current());
        uint256 j = parameter / 8;
        return abi.encodeCall(court.disproveClip, (fid, operator, parameter, words[j], Trees.path(words, j)));
    }

    /// @dev The culprit's word of a round, as if `operator` had revealed it.
    function _callOf(address operator, address owner, uint256 round) internal view returns (bytes memory) {
        bytes32[] memory words = wordsOf("update", owner, round);
        bytes32[] memory path = Trees.path(words, PARAMETER / 8);
        return abi.encodeCall(court.disproveClip, (fid, operator, PARAMETER, words[PARAMETER / 8], path));
    }

    function _convict(uint256 amount) internal {
        (, uint256 locked) = stakeVault.accountOf(address(token), culprit);
        (uint256 free,) = stakeVault.accountOf(address(token), prover);
        uint256 burnt = stakeVault.toBurn(address(token));
        uint256 stake = lens.memberOf(fid, culprit).stake;
        bytes memory data = _call(culprit, PARAMETER);
        commit(prover, Trees.root(wordsOf("update", culprit, current())), data);
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.MemberSlashed(fid, culprit, current(), prover, amount);
        (bool done,) = send(prover, data);
        assertTrue(done, "convicts");
        (, uint256 lockedAfter) = stakeVault.accountOf(address(token), culprit);
        (uint256 freeAfter,) = stakeVault.accountOf(address(token), prover);
        assertEq(lockedAfter, locked - amount);
        assertEq(freeAfter, free + amount / 2);
        assertEq(stakeVault.toBurn(address(token)), burnt + amount - amount / 2);
        assertEq(lens.memberOf(fid, culprit).stake, stake - amount);
    }

    /// @dev The round becomes void; the next one is open.
    function _toTrain() internal {
        vm.warp(vm.getBlockTimestamp() + 5 * 12);
        coordinator.advance(fid, noHeader());
        vm.roll(vm.getBlockNumber() + 3);
        vm.warp(vm.getBlockTimestamp() + 3);
        coordinator.captureSeed(fid);
    }

    function _toNextRound() internal {
        _toTrain();
        trainAll();
        scoreAll();
    }
}
