// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Membership} from "./Membership.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {FederationView, MemberView, Phase, Policy, RoundView, Terms} from "./interfaces/ParleyTypes.sol";
import {Cid} from "./libraries/Cid.sol";
import {FederationWord} from "./libraries/FederationState.sol";
import {AGGREGATOR, EVALUATOR, MemberState, MemberWord, TRAINER} from "./libraries/MemberState.sol";
import {RecordWord} from "./libraries/RecordState.sol";
import {RoundWord} from "./libraries/RoundState.sol";
import {Sortition} from "./libraries/Sortition.sol";
import {WordTree} from "./libraries/WordTree.sol";

/// @title RoundViews
/// @notice Where a round stands: everything derived from time and storage, nothing written. See {IRoundCoordinator}.
abstract contract RoundViews is Membership {
    /// @dev Turns 0 to 3 are drawn, turn 4 is anybody's, from turn 5 on the round is void (P-27).
    uint256 internal constant LAST_TURN = 4;

    /// @dev What keeps a federation from opening a round, but for its budget (P-8).
    enum Obstacle {
        None,
        Closed,
        Rounds,
        Members
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function federationOf(uint256 fid) external view returns (FederationView memory v) {
        FederationWord f = _federations[fid];
        v.sponsor = _sponsors[fid];
        v.round = uint24(f.round());
        v.version = uint16(f.version());
        v.live = f.live();
        v.closed = f.closed();
        v.trainers = uint16(f.count(TRAINER));
        v.evaluators = uint16(f.count(EVALUATOR));
        v.aggregators = uint16(f.count(AGGREGATOR));
        v.evaluatorsAtOpening = uint16(f.evaluatorsAtOpening());
        v.aggregatorsAtOpening = uint16(f.aggregatorsAtOpening());
        v.indexed_ = uint16(f.indexed_());
        v.norm = uint64(f.norm());
        v.modelRoot = _models[fid][f.modelBit()];
        v.previousRoot = _models[fid][f.modelBit() ^ 1];
        v.keyRound = uint24(_keys[fid]);
        v.seedBlock = uint40(f.seedBlock());
        v.seed = _seeds[fid];
    }

    /// @inheritdoc IRoundCoordinator
    function roundOf(uint256 fid) external view returns (RoundView memory v) {
        RoundWord w = _rounds[fid];
        Policy storage p = _policies[fid][w.version()];
        v.round = uint24(w.round());
        v.version = uint16(w.version());
        v.phase = _phase(_federations[fid], w, p);
        v.turn = uint8(v.phase == Phase.Settle ? _turn(w, p.settle) : w.attempt());
        v.trainEnd = uint32(w.trainEnd());
        v.revealEnd = uint32(w.revealEnd());
        v.keyEnd = uint32(w.keyEnd());
        v.scoreCommitEnd = uint32(w.scoreCommitEnd());
        v.scoreRevealEnd = uint32(w.scoreRevealEnd());
        v.finalAt = uint32(w.finalAt());
        v.committed = uint16(w.committed());
        v.revealed = uint16(w.revealed());
        v.scoresCommitted = uint8(w.scoresCommitted());
        v.scoresRevealed = uint8(w.scoresRevealed());
        v.trainers = uint16(w.trainers());
        v.seats = uint8(w.seats());
        v.drawn = w.drawn();
        v.seeded = w.seeded();
    }

    /// @inheritdoc IRoundCoordinator
    function memberOf(uint256 fid, address operator) external view returns (MemberView memory v) {
        MemberWord m = _members[fid][operator];
        RoundWord w = _rounds[fid];
        uint256 round = w.round();
        v.roles = uint8(m.roles());
        v.hasIndex = m.ordinal() != 0;
        if (v.hasIndex) v.index = uint16(m.ordinal() - 1);
        v.from = uint24(m.from());
        v.until = uint24(m.until());
        v.stake = uint96(m.stake());
        uint256 seat;
        (v.seated, seat) = _seatOf(fid, w, m);
        v.seat = uint8(seat);
        v.aggregatorPosition =
            uint16(m.acts(round, AGGREGATOR) ? m.positionAtOpening(AGGREGATOR, round) : MemberState.NO_POSITION);
        RecordWord update = _updates[fid][operator];
        v.committed = round != 0 && update.isOf(round);
        v.revealed = update.isRevealedIn(round);
        if (v.revealed) v.revealIndex = uint16(update.number());
        if (v.seated) {
            v.scoresCommitted = _scores[fid][seat].isOf(round);
            v.scoresRevealed = _scores[fid][seat].isRevealedIn(round);
        }
    }

    /// @inheritdoc IRoundCoordinator
    function updateRoot(uint256 fid, uint256 index) external view returns (bytes32) {
        return index < _rounds[fid].revealed() ? _roots[fid][index] : bytes32(0);
    }

    /// @inheritdoc IRoundCoordinator
    function scoresAt(uint256 fid, uint256 seat) external view returns (bool revealed, bytes32 hash, uint256 own) {
        RecordWord r = _scores[fid][seat];
        revealed = r.isRevealedIn(_rounds[fid].round());
        if (revealed) (hash, own) = (r.hash(), r.number());
    }

    /// @inheritdoc IRoundCoordinator
    function settlementHash(uint256 fid) external view returns (bytes32) {
        return _rounds[fid].finalAt() == 0 ? bytes32(0) : _settlements[fid];
    }

    /// @inheritdoc IRoundCoordinator
    function turnPosition(uint256 fid, uint256 turn) external view returns (uint256) {
        return _turnPosition(fid, _rounds[fid], turn);
    }

    /// @inheritdoc IRoundCoordinator
    function cidOf(uint256 fid, bytes32 digest) external view returns (string memory) {
        return Cid.toString(digest, 32 * WordTree.wordsFor(_terms[fid].params));
    }

    /* ------------------------------------------- PHASE -------------------------------------------- */

    /// @dev P-10: what is too few is known at the end of its phase.
    function _phase(FederationWord f, RoundWord w, Policy storage p) internal view returns (Phase) {
        if (!f.live()) return f.closed() ? Phase.Closed : Phase.Idle;
        uint256 time = block.timestamp;
        if (time < w.trainEnd()) return Phase.Train;
        if (w.committed() < p.minTrainers) return Phase.Voidable;
        if (time < w.revealEnd()) return Phase.Reveal;
        if (w.revealed() < p.minTrainers) return Phase.Voidable;
        if (time < w.keyEnd()) return Phase.Key;
        if (time < w.scoreCommitEnd()) return Phase.ScoreCommit;
        if (w.scoresCommitted() < p.quorum) return Phase.Voidable;
        if (time < w.scoreRevealEnd()) return Phase.ScoreReveal;
        if (w.scoresRevealed() < p.quorum) return Phase.Voidable;
        if (w.finalAt() != 0) return time < w.finalAt() ? Phase.Challenge : Phase.Finalizable;
        return _turn(w, p.settle) > LAST_TURN ? Phase.Voidable : Phase.Settle;
    }

    /// @dev The turn that is running. Only for rounds whose scores are revealed.
    function _turn(RoundWord w, uint256 window) internal view returns (uint256) {
        return w.attempt() + (block.timestamp - w.scoreRevealEnd()) / window;
    }

    /// @dev What keeps an idle federation from opening a round, but for its budget.
    function _obstacle(uint256 fid, FederationWord f) internal view returns (Obstacle) {
        if (f.closed()) return Obstacle.Closed;
        if (f.round() >= _terms[fid].rounds) return Obstacle.Rounds;
        Policy storage p = _policies[fid][f.version()];
        bool enough =
            f.count(TRAINER) >= p.minTrainers && f.count(EVALUATOR) >= p.quorum && f.count(AGGREGATOR) != 0;
        return enough ? Obstacle.None : Obstacle.Members;
    }

    /* ------------------------------------------- SEATS -------------------------------------------- */

    /// @dev Everybody has a seat if there are enough; else they are drawn (P-27).
    function _seatOf(uint256 fid, RoundWord w, MemberWord m) internal view returns (bool seated, uint256 seat) {
        uint256 round = w.round();
        uint256 position = m.positionAtOpening(EVALUATOR, round);
        if (!m.acts(round, EVALUATOR) || position == MemberState.NO_POSITION) return (false, 0);
        if (!w.drawn()) return (true, position);
        if (!w.seeded()) return (false, 0);
        uint256 seats = w.seats();
        seat = Sortition.seatOf(_seeds[fid], _federations[fid].evaluatorsAtOpening(), seats, position);
        return seat < seats ? (true, seat) : (false, 0);
    }

    /// @dev Position at opening of the aggregator whose turn it is (P-27).
    function _turnPosition(uint256 fid, RoundWord w, uint256 turn) internal view returns (uint256) {
        FederationWord f = _federations[fid];
        if (!w.seeded()) revert RoundCoordinator_SeedNotReady(block.number, f.seedBlock());
        return Sortition.turnPosition(_seeds[fid], f.aggregatorsAtOpening(), turn);
    }

    /* ------------------------------------------ ABSENCE ------------------------------------------- */

    /// @dev True if the operator had to act in `role` in the current round and can no more (P-7).
    function _absent(uint256 fid, RoundWord w, address operator, uint256 role) internal view returns (bool) {
        MemberWord m = _members[fid][operator];
        bool counts = role == TRAINER || role == EVALUATOR || role == AGGREGATOR;
        if (!counts || w.trainEnd() == 0 || !m.acts(w.round(), role)) return false;
        Policy storage p = _policies[fid][w.version()];
        if (role == TRAINER) return _trainerAbsent(w, p, _updates[fid][operator]);
        if (w.revealed() < p.minTrainers) return false;
        return role == EVALUATOR ? _evaluatorAbsent(fid, w, p, m) : _aggregatorAbsent(fid, w, p, m);
    }

    function _trainerAbsent(RoundWord w, Policy storage p, RecordWord r) private view returns (bool) {
        if (block.timestamp >= w.trainEnd() && !r.isOf(w.round())) return true;
        return block.timestamp >= w.revealEnd() && w.committed() >= p.minTrainers && !r.isRevealedIn(w.round());
    }

    function _evaluatorAbsent(uint256 fid, RoundWord w, Policy storage p, MemberWord m) private view returns (bool) {
        (bool seated, uint256 seat) = _seatOf(fid, w, m);
        if (!seated) return false;
        RecordWord r = _scores[fid][seat];
        if (block.timestamp >= w.scoreCommitEnd() && !r.isOf(w.round())) return true;
        return block.timestamp >= w.scoreRevealEnd() && w.scoresCommitted() >= p.quorum && !r.isRevealedIn(w.round());
    }

    /// @dev Turns that passed without a settlement: after a conviction only those since, for the word does not tell which
    /// of the earlier ones were taken.
    function _aggregatorAbsent(uint256 fid, RoundWord w, Policy storage p, MemberWord m) private view returns (bool) {
        if (!w.seeded() || block.timestamp < w.scoreRevealEnd() || w.scoresRevealed() < p.quorum) return false;
        bool settled = w.finalAt() != 0;
        uint256 end = settled ? w.attempt() : _turn(w, p.settle);
        uint256 own = m.positionAtOpening(AGGREGATOR, w.round());
        if (settled && end < LAST_TURN && _turnPosition(fid, w, end) == own) return false;
        for (uint256 turn = w.convicted() ? w.attempt() : 0; turn < end && turn < LAST_TURN; ++turn) {
            if (_turnPosition(fid, w, turn) == own) return true;
        }
        return false;
    }
}
