// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Convictions} from "./Convictions.sol";
import {Demands} from "./Demands.sol";
import {IDisputes, RewardProof} from "./interfaces/IDisputes.sol";
import {IRewardVault} from "./interfaces/IRewardVault.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {Header} from "./interfaces/ParleyTypes.sol";
import {Disproof} from "./libraries/Disproof.sol";
import {FederationWord} from "./libraries/FederationState.sol";
import {MemberWord} from "./libraries/MemberState.sol";
import {Phases} from "./libraries/Phases.sol";
import {RecordWord} from "./libraries/RecordState.sol";
import {RoundWord} from "./libraries/RoundState.sol";
import {Scoring} from "./libraries/Scoring.sol";
import {WordTree} from "./libraries/WordTree.sol";

/// @title Disputes
/// @notice Every disproof of a settlement, and of an update beyond the clip. See {IDisputes}.
/// @dev Every disproof has the same skeleton: is this the posted settlement and is it in time, is what the caller supplies
/// committed data, is it wrong; then the verdict.
contract Disputes is Demands {
    /// @dev All revealed vectors' evaluators: seat, and reveal index of the own update or `Scoring.NONE`.
    struct Panel {
        uint256[] seats;
        uint256[] own;
    }

    /// @notice Budgets and the last final reward root.
    IRewardVault public immutable rewardVault;

    /// @inheritdoc IDisputes
    mapping(uint256 fid => mapping(address operator => uint256 round)) public clippedIn;

    /// @param coordinator_ Deployed for this contract's address, before it.
    /// @param feeFloor_ Least fee of a demand, wei.
    constructor(IRoundCoordinator coordinator_, uint256 feeFloor_) Convictions(coordinator_) Demands(feeFloor_) {
        rewardVault = coordinator_.rewardVault();
    }

    /* -------------------------------------------- ROWS -------------------------------------------- */

    /// @inheritdoc IDisputes
    function disproveArithmetic(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        uint256 lane,
        uint256 lo,
        uint256 hi
    ) external {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        _requireMedians(header, medians);
        (uint256 words, Disproof.Rules memory rules) = _rulesOf(fid, w);
        _requireRow(header, row, index, path, WordTree.depth(words));
        bool wrong = index < words
            ? Disproof.wrongArithmetic(rules, row, medians, lane, lo, hi)
            : Disproof.wrongPadding(row, medians);
        _judge(fid, header, w, settlement, wrong);
    }

    /// @inheritdoc IDisputes
    function disproveUpdate(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        uint256 slot,
        bytes32 word,
        bytes32[] calldata wordPath
    ) external {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        _requireMedians(header, medians);
        uint256 depth = _requireWithin(fid, w, index);
        _requireRow(header, row, index, path, depth);
        bytes32 root = coordinator.updateRoot(fid, Disproof.revealIndex(medians, slot));
        _requireUnder(root, word, index, wordPath, depth);
        _judge(fid, header, w, settlement, Disproof.wrongUpdate(row, slot, word));
    }

    /// @inheritdoc IDisputes
    function disproveOldModel(
        uint256 fid,
        Header calldata header,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        bool previous,
        bytes32 word,
        bytes32[] calldata wordPath
    ) external {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        uint256 depth = _requireWithin(fid, w, index);
        _requireRow(header, row, index, path, depth);
        (,,,, bytes32 model, bytes32 before,) = coordinator.stateOf(fid);
        _requireUnder(previous ? before : model, word, index, wordPath, depth);
        _judge(fid, header, w, settlement, Disproof.wrongOldModel(row, previous, word));
    }

    /// @inheritdoc IDisputes
    function disproveNewModel(
        uint256 fid,
        Header calldata header,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        bytes32 word,
        bytes32[] calldata wordPath
    ) external {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        (uint256 words,) = _rulesOf(fid, w);
        uint256 depth = WordTree.depth(words);
        _requireRow(header, row, index, path, depth);
        _requireUnder(header.modelRoot, word, index, wordPath, depth);
        _judge(fid, header, w, settlement, Disproof.wrongNewModel(row, word));
    }

    /// @dev Number of words of the model and what P-6 needs of the round's policy.
    function _rulesOf(uint256 fid, RoundWord w) private view returns (uint256 words, Disproof.Rules memory rules) {
        (words, rules.rule, rules.trimBps, rules.beta) = federationRegistry.arithmeticOf(fid, w.version());
        words = WordTree.wordsFor(words);
    }

    /// @dev Reverts unless the model has such a word.
    /// @return depth D of P-3.
    function _requireWithin(uint256 fid, RoundWord w, uint256 index) private view returns (uint256 depth) {
        (uint256 words,) = _rulesOf(fid, w);
        if (index >= words) revert Disputes_IndexTooLarge(index, words);
        return WordTree.depth(words);
    }

    function _requireRow(
        Header calldata header,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        uint256 depth
    ) private pure {
        _requireUnder(header.rowRoot, WordTree.rowLeaf(row), index, path, depth);
    }

    function _requireUnder(bytes32 root, bytes32 leaf, uint256 index, bytes32[] calldata path, uint256 depth)
        private
        pure
    {
        if (!WordTree.verify(root, leaf, index, path, depth)) revert Disputes_NotUnderRoot(root, index);
    }

    /* ------------------------------------------- SCORES ------------------------------------------- */

    /// @inheritdoc IDisputes
    function disproveMedian(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes[] calldata vectors,
        uint256 index
    ) external {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        _requireMedians(header, medians);
        uint256[] memory own = _panelOf(fid, w, vectors).own;
        uint256 revealed = w.revealed();
        if (index > revealed) revert Disputes_IndexTooLarge(index, revealed);
        bool wrong = index == revealed
            ? Scoring.settledNorm(vectors) != header.norm
            : Scoring.settledEntry(vectors, own, index) != Scoring.medianEntry(medians, index);
        _judge(fid, header, w, settlement, wrong);
    }

    /// @inheritdoc IDisputes
    function disproveEarned(uint256 fid, Header calldata header, bytes calldata medians, bytes[] calldata vectors)
        external
    {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        _requireMedians(header, medians);
        uint256[] memory own = _panelOf(fid, w, vectors).own;
        uint256 earned = Disproof.earned(_poolsOf(fid, w), vectors, own, medians);
        _judge(fid, header, w, settlement, earned != header.earned);
    }

    /// @inheritdoc IDisputes
    function disproveReward(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes[] calldata vectors,
        RewardProof calldata proof
    ) external {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        uint256 depth = federationRegistry.termsOf(fid).rewardDepth;
        _requireUnder(header.rewardRoot, proof.leaf, proof.index, proof.path, depth);
        bytes32 expected;
        (FederationWord f,,,,,,) = coordinator.stateOf(fid);
        if (proof.index < f.memberCount()) {
            _requireMedians(header, medians);
            _requirePrevious(fid, proof, depth);
            uint256 earned = _earnedBy(fid, w, header, medians, vectors, proof);
            expected = Disproof.rewardLeaf(proof.operator, proof.previous + earned);
        }
        _judge(fid, header, w, settlement, proof.leaf != expected);
    }

    /// @dev Reverts unless the operator had earned `previous` by the last final reward root: nothing before the first.
    function _requirePrevious(uint256 fid, RewardProof calldata proof, uint256 depth) private view {
        (, bytes32 root,,,) = rewardVault.booksOf(fid);
        if (root == 0 && proof.previous == 0) return;
        _requireUnder(root, Disproof.rewardLeaf(proof.operator, proof.previous), proof.index, proof.previousPath, depth);
    }

    /// @dev What the round earns the operator to whom the index was given, in all its roles (P-12).
    function _earnedBy(
        uint256 fid,
        RoundWord w,
        Header calldata header,
        bytes calldata medians,
        bytes[] calldata vectors,
        RewardProof calldata proof
    ) private view returns (uint256 sum) {
        (MemberWord m, RecordWord update) = coordinator.standingOf(fid, proof.operator);
        if (m.ordinal() != proof.index + 1) revert Disputes_WrongOperator(proof.operator, proof.index);
        uint256[3] memory pools = _poolsOf(fid, w);
        if (header.aggregator == proof.operator) sum = pools[2];
        if (update.isRevealedIn(w.round())) sum += Scoring.trainerShares(pools[0], medians)[update.number()];
        sum += _evaluatorShare(fid, w, m, pools[1], medians, vectors);
    }

    /// @dev 0 for a member without a revealed vector.
    function _evaluatorShare(
        uint256 fid,
        RoundWord w,
        MemberWord m,
        uint256 pool,
        bytes calldata medians,
        bytes[] calldata vectors
    ) private view returns (uint256) {
        (FederationWord f,, bytes32 seed,,,,) = coordinator.stateOf(fid);
        (bool seated, uint256 seat) = Phases.seatOf(f, w, m, seed);
        if (!seated || !coordinator.scoresOf(fid, seat).isRevealedIn(w.round())) return 0;
        Panel memory panel = _panelOf(fid, w, vectors);
        uint256 k;
        while (panel.seats[k] != seat) ++k; // it revealed, so it is there
        return Scoring.evaluatorShares(pool, vectors, panel.own, medians)[k];
    }

    /// @dev Whose the vectors are; reverts unless they are all that were revealed, in the order of their seats.
    function _panelOf(uint256 fid, RoundWord w, bytes[] calldata vectors) private view returns (Panel memory panel) {
        uint256 count = w.scoresRevealed();
        if (vectors.length != count) revert Disputes_VectorsMissing(vectors.length, count);
        (panel.seats, panel.own) = (new uint256[](count), new uint256[](count));
        uint256 k;
        for (uint256 seat; seat < w.seats(); ++seat) {
            RecordWord r = coordinator.scoresOf(fid, seat);
            if (!r.isRevealedIn(w.round())) continue;
            if (!r.holds(keccak256(vectors[k]))) revert Disputes_VectorMismatch(seat);
            panel.seats[k] = seat;
            unchecked {
                panel.own[k++] = r.number() - 1; // 0 - 1 is Scoring.NONE
            }
        }
    }

    function _poolsOf(uint256 fid, RoundWord w) private view returns (uint256[3] memory pools) {
        (pools[0], pools[1], pools[2]) = federationRegistry.poolsOf(fid, w.version());
    }

    /* -------------------------------------------- CLIP -------------------------------------------- */

    /// @inheritdoc IDisputes
    function disproveClip(uint256 fid, address operator, uint256 parameter, bytes32 word, bytes32[] calldata path)
        external
    {
        (RoundWord w,) = _current(fid);
        (, RecordWord update) = coordinator.standingOf(fid, operator);
        uint256 round = w.round();
        // a round that is over has no times
        if (w.trainEnd() == 0 || !update.isRevealedIn(round)) revert Disputes_NotRevealed(operator, round);
        if (clippedIn[fid][operator] == round) revert Disputes_AlreadySlashed(operator, round);
        (uint256 params, uint256 clip, uint256 clipSlash) = federationRegistry.clipOf(fid, w.version());
        if (parameter >= params) revert Disputes_IndexTooLarge(parameter, params);
        bytes32 root = coordinator.updateRoot(fid, update.number());
        _requireUnder(root, word, parameter / 8, path, WordTree.depth(WordTree.wordsFor(params)));
        if (!Disproof.beyondClip(word, parameter % 8, clip)) revert Disputes_NothingWrong();
        clippedIn[fid][operator] = round;
        address prover = _prover(root, w.trainEnd());
        emit ClipDisproved(fid, round, operator, prover);
        coordinator.slashMember(fid, operator, clipSlash, prover);
    }
}
