// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Membership} from "./Membership.sol";
import {IFederationRegistry} from "./interfaces/IFederationRegistry.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {IRewardVault} from "./interfaces/IRewardVault.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {Header, Phase, RoundPolicy, Settlement} from "./interfaces/ParleyTypes.sol";
import {FederationWord} from "./libraries/FederationState.sol";
import {AGGREGATOR, EVALUATOR, MemberState, MemberWord, TRAINER} from "./libraries/MemberState.sol";
import {Phases} from "./libraries/Phases.sol";
import {RecordState, RecordWord} from "./libraries/RecordState.sol";
import {RoundState, RoundWord} from "./libraries/RoundState.sol";
import {SettlementHash} from "./libraries/SettlementHash.sol";
import {Sortition} from "./libraries/Sortition.sol";

/// @title RoundCoordinator
/// @notice The rounds of a federation. See {IRoundCoordinator}, which carries the prose.
/// @dev Every entry point of a round has the same skeleton: who calls, which round, is it time, is it what was committed,
/// then storage, then the event. The gas of each is independent of the number of trainers (P-13).
contract RoundCoordinator is Membership {
    /// @dev What keeps a federation from opening a round, but for its budget (P-8).
    enum Obstacle {
        None,
        Closed,
        Rounds,
        Members
    }

    bytes32 private constant UPDATE_TYPE = keccak256("update");
    bytes32 private constant SCORES_TYPE = keccak256("scores");
    /// @dev Rounds running that a member may miss before anyone may have it evicted (P-7).
    uint256 private constant MAX_ABSENCES = 3;

    /// @dev Last round and number of absences running, 32 bits each, by operator and role (P-7).
    mapping(uint256 fid => mapping(address operator => mapping(uint256 role => uint256))) private _absences;

    /// @param registry_ Identities.
    /// @param stakeVault_ Deployed for this contract's address.
    /// @param rewardVault_ Deployed for this contract's address.
    /// @param federationRegistry_ Deployed for this contract's address.
    /// @param disputes_ The only address a conviction is accepted from; zero for none.
    constructor(
        IParticipantRegistry registry_,
        IStakeVault stakeVault_,
        IRewardVault rewardVault_,
        IFederationRegistry federationRegistry_,
        address disputes_
    ) Membership(registry_, stakeVault_, rewardVault_, federationRegistry_, disputes_) {}

    /* ------------------------------------------ UPDATES ------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function commitUpdate(uint256 fid, uint256 round, bytes32 commitment) external {
        (address operator,) = _acting(fid, round, TRAINER);
        Round storage current = _rounds[fid];
        RoundWord w = _current(current, fid, round);
        _requireTime(1, w.trainEnd());
        if (commitment == 0) revert RoundCoordinator_ZeroCommitment();
        uint256 key = _key(fid, operator);
        if (!_updates[key].isOf(round)) w = w.addCommit(_nextSecond());
        current.word = w;
        _updates[key] = RecordState.committed(round, commitment);
        emit UpdateCommitted(fid, round, operator, commitment);
    }

    /// @inheritdoc IRoundCoordinator
    function revealUpdate(uint256 fid, uint256 round, bytes32 root, bytes32 cidDigest, bytes32 salt) external {
        (address operator, MemberWord m) = _acting(fid, round, TRAINER);
        Round storage current = _rounds[fid];
        RoundWord w = _current(current, fid, round);
        (uint256 start, uint256 end) = w.revealWindow();
        _requireTime(start, end);
        if (root == 0 || cidDigest == 0) revert RoundCoordinator_ZeroRoot();
        bytes32 commitment = keccak256(
            abi.encode(UPDATE_TYPE, block.chainid, address(this), fid, round, operator, root, cidDigest, salt)
        );
        uint256 key = _key(fid, operator);
        if (!_updates[key].opens(round, commitment)) revert RoundCoordinator_CommitmentMismatch(commitment);
        _index(fid, operator, m);
        uint256 index = w.revealed();
        current.word = w.addReveal(_nextSecond());
        _updates[key] = RecordState.revealed(round, index, root);
        _roots[fid << 8 | index] = root;
        emit UpdateRevealed(fid, round, operator, index, root, cidDigest);
    }

    /* ----------------------------------------- VALIDATION ----------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function openValidation(uint256 fid, uint256 round, bytes32 key) external {
        _requireKey(fid, round, key);
        Round storage current = _rounds[fid];
        RoundWord w = current.word;
        if (round > w.round()) revert RoundCoordinator_WrongRound(round, w.round());
        if (round == w.round() && w.trainEnd() != 0) {
            w = _current(current, fid, round);
            _requireTime(w.revealEnd(), w.keyEnd());
            current.word = w.endKey(_nextSecond());
        }
        _keys[fid] = uint256(key) & ~uint256(0xFFFFFF) | round;
        emit ValidationOpened(fid, round, key);
    }

    /// @dev P-24: at most 256 hashings lead from the key to the last known one, of which 232 bits are kept.
    function _requireKey(uint256 fid, uint256 round, bytes32 key) private view {
        uint256 last = _keys[fid];
        uint256 keyRound = last & 0xFFFFFF;
        if (last == 0 || round <= keyRound || round - keyRound > 256) {
            revert RoundCoordinator_KeyInvalid(round, keyRound);
        }
        bytes32 link = key;
        for (uint256 i = keyRound; i < round; ++i) {
            link = keccak256(abi.encode(link));
        }
        if (uint256(link) >> 24 != last >> 24) revert RoundCoordinator_KeyInvalid(round, keyRound);
    }

    /* ------------------------------------------- SCORES ------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function commitScores(uint256 fid, uint256 round, bytes32 commitment) external {
        (address operator, MemberWord m) = _acting(fid, round, EVALUATOR);
        Round storage current = _rounds[fid];
        RoundWord w = _current(current, fid, round);
        (uint256 start, uint256 end) = w.scoreCommitWindow();
        _requireTime(start, end);
        if (commitment == 0) revert RoundCoordinator_ZeroCommitment();
        uint256 seat = _requireSeat(fid, w, operator, m);
        uint256 key = fid << 8 | seat;
        if (!_scores[key].isOf(round)) w = w.addScoreCommit(_nextSecond());
        current.word = w;
        _scores[key] = RecordState.committed(round, commitment);
        emit ScoresCommitted(fid, round, operator, commitment);
    }

    /// @inheritdoc IRoundCoordinator
    function revealScores(uint256 fid, uint256 round, bytes calldata vector, bytes32 salt) external {
        (address operator, MemberWord m) = _acting(fid, round, EVALUATOR);
        Round storage current = _rounds[fid];
        RoundWord w = _current(current, fid, round);
        (uint256 start, uint256 end) = w.scoreRevealWindow();
        _requireTime(start, end);
        _requireShape(vector.length, 8 + 4 * w.revealed());
        uint256 seat = _requireSeat(fid, w, operator, m);
        bytes32 hash = keccak256(vector);
        bytes32 commitment =
            keccak256(abi.encode(SCORES_TYPE, block.chainid, address(this), fid, round, operator, hash, salt));
        if (!_scores[fid << 8 | seat].opens(round, commitment)) revert RoundCoordinator_CommitmentMismatch(commitment);
        _index(fid, operator, m);
        current.word = w.addScoreReveal(_nextSecond());
        _scores[fid << 8 | seat] = RecordState.revealed(round, _ownUpdate(fid, round, operator, m), hash);
        emit ScoresRevealed(fid, round, operator, seat, vector, salt);
    }

    /// @dev Reveal index + 1 of the evaluator's own update, on which it has no vote (P-11); 0 for none.
    function _ownUpdate(uint256 fid, uint256 round, address operator, MemberWord m) private view returns (uint256) {
        if (m.roles() & TRAINER == 0) return 0;
        RecordWord r = _updates[_key(fid, operator)];
        return r.isRevealedIn(round) ? r.number() + 1 : 0;
    }

    /// @dev Seat of an evaluator of this round: its position if there are seats for all, else by lot (P-27).
    function _requireSeat(uint256 fid, RoundWord w, address operator, MemberWord m)
        private
        view
        returns (uint256 seat)
    {
        seat = m.positionAtOpening(EVALUATOR, w.round());
        if (!w.drawn()) return seat;
        seat = _drawnSeat(fid, w, seat);
        if (seat >= w.seats()) revert RoundCoordinator_NotSeated(operator, w.round());
    }

    /// @dev Seat of the evaluator at a position; the number of seats for none.
    function _drawnSeat(uint256 fid, RoundWord w, uint256 position) private view returns (uint256) {
        if (!w.seeded()) return w.seats();
        return Sortition.seatOf(_rounds[fid].seed, _federations[fid].evaluatorsAtOpening(), w.seats(), position);
    }

    /* ----------------------------------------- SETTLEMENT ----------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function settle(
        uint256 fid,
        uint256 round,
        uint256 turn,
        Settlement calldata s,
        uint256 blockNumber,
        bytes32 blockHash
    ) external {
        address operator = _caller();
        RoundWord w = _current(_rounds[fid], fid, round);
        RoundPolicy storage p = _policies[fid][w.version()];
        _requirePhase(fid, w, Phase.Settle);
        _requireCanonical(blockNumber, blockHash);
        _requireShape(s.medians.length, 4 * w.revealed());
        if (s.rowRoot == 0 || s.modelRoot == 0 || s.rewardRoot == 0) revert RoundCoordinator_ZeroRoot();
        if (s.earned > p.reward) revert RoundCoordinator_EarnedTooMuch(s.earned, p.reward);
        uint256 running = Phases.turnOf(w, p.settle);
        if (turn != running) revert RoundCoordinator_WrongTurn(turn, running);
        MemberWord m = _members[_key(fid, operator)];
        _requireTurn(fid, w, turn, operator, m);
        _index(fid, operator, m);
        _post(fid, w, s, operator, turn, block.timestamp + p.challenge);
        stakeVault.lock(_frames[fid].token, operator, p.bond);
    }

    /// @dev Turns 0 to 3 belong to the aggregators drawn, turn 4 to any operator (P-27). A worker key acts for an aggregator
    /// of this round only: else a stolen one could bond, and lose, all that its operator has, in any federation.
    function _requireTurn(uint256 fid, RoundWord w, uint256 turn, address operator, MemberWord m) private view {
        if (operator == address(0)) revert RoundCoordinator_Unauthorised(msg.sender);
        if (turn == Phases.LAST_TURN && msg.sender == operator) return;
        uint256 round = w.round();
        if (!m.acts(round, AGGREGATOR)) revert RoundCoordinator_NotMember(operator, round, uint8(AGGREGATOR));
        if (turn == Phases.LAST_TURN) return;
        uint256 position = _turnPosition(fid, w, turn);
        uint256 own = m.positionAtOpening(AGGREGATOR, round);
        if (position != own) revert RoundCoordinator_NotYourTurn(turn, position, own);
    }

    /// @dev Only the hash is stored; all of it is in the event.
    function _post(uint256 fid, RoundWord w, Settlement calldata s, address operator, uint256 turn, uint256 finalAt)
        private
    {
        Header memory header = Header({
            mediansHash: keccak256(s.medians),
            norm: s.norm,
            earned: s.earned,
            rowRoot: s.rowRoot,
            modelRoot: s.modelRoot,
            modelDigest: s.modelDigest,
            rewardRoot: s.rewardRoot,
            turn: uint8(turn),
            aggregator: operator,
            postedAt: uint64(block.timestamp)
        });
        Round storage current = _rounds[fid];
        current.word = w.settled(turn, finalAt);
        current.settlement = _hash(fid, w.round(), header);
        emit Settled(fid, w.round(), operator, turn, finalAt, s);
    }

    /// @dev P-28: what the aggregator read is on this chain.
    function _requireCanonical(uint256 blockNumber, bytes32 blockHash) private view {
        bytes32 actual = blockhash(blockNumber); // zero for the current, a future or a block more than 256 back
        if (actual == 0 || actual != blockHash) {
            revert RoundCoordinator_BlockNotCanonical(blockNumber, blockHash, actual);
        }
    }

    /// @inheritdoc IRoundCoordinator
    function convict(uint256 fid, Header calldata header, address prover) external onlyDisputes {
        Round storage current = _rounds[fid];
        RoundWord w = current.word;
        _requireChallenge(fid, w);
        _requireHeader(fid, w.round(), header);
        current.word = w.restartTurns(block.timestamp);
        emit Convicted(fid, w.round(), header.aggregator, prover);
        stakeVault.slash(_frames[fid].token, header.aggregator, _policies[fid][w.version()].bond, prover);
    }

    /// @inheritdoc IRoundCoordinator
    function postpone(uint256 fid, uint256 finalAt, bool contested) external onlyDisputes {
        RoundWord w = _rounds[fid].word;
        _requireChallenge(fid, w);
        w = w.postponed(finalAt, contested);
        _rounds[fid].word = w;
        emit Postponed(fid, w.round(), w.finalAt(), contested);
    }

    /* ------------------------------------- OPENING AND ENDING ------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function advance(uint256 fid, Header calldata header) external {
        FederationWord f = _existing(fid);
        if (!f.live()) {
            _requireOpenable(fid, f);
            if (!_open(fid, f, 0, 0, 0, true)) {
                revert RoundCoordinator_BudgetTooSmall(fid, _policies[fid][f.version()].reward);
            }
            return;
        }
        RoundWord w = _rounds[fid].word;
        Phase phase = _phase(f, w, _policies[fid][w.version()]);
        if (phase == Phase.Finalizable) _finalise(fid, f, w, header);
        else if (phase == Phase.Voidable) _void(fid, f, w);
        else revert RoundCoordinator_WrongPhase(phase);
    }

    function _finalise(uint256 fid, FederationWord f, RoundWord w, Header calldata header) private {
        uint256 round = w.round();
        _requireHeader(fid, round, header);
        RoundPolicy storage p = _policies[fid][w.version()];
        f = f.finalised(header.norm);
        _models[fid][f.modelBit()] = header.modelRoot;
        emit RoundFinalized(fid, round, header.modelRoot, header.modelDigest, header.rewardRoot, header.earned);
        stakeVault.unlock(_frames[fid].token, header.aggregator, p.bond);
        _next(fid, f, w, p.reward, header.earned, header.rewardRoot);
    }

    function _void(uint256 fid, FederationWord f, RoundWord w) private {
        emit RoundVoided(fid, w.round());
        _next(fid, f, w, _policies[fid][w.version()].reward, 0, 0);
    }

    /// @dev Closes the books of a round that ended and opens the next one if that is possible (P-8).
    function _next(uint256 fid, FederationWord f, RoundWord w, uint256 reserved, uint256 earned, bytes32 root) private {
        f = f.ended();
        bool wanted = _obstacle(fid, f) == Obstacle.None;
        if (_open(fid, f, reserved, earned, root, wanted)) return;
        _rounds[fid].word = w.over();
        _federations[fid] = f;
    }

    /// @dev Opens a round if it is wanted and its whole reward can be reserved.
    function _open(uint256 fid, FederationWord f, uint256 reserved, uint256 earned, bytes32 root, bool wanted)
        private
        returns (bool)
    {
        RoundPolicy storage p = _policies[fid][f.version()];
        if (!rewardVault.rollOver(fid, reserved, earned, root, p.reward, wanted)) return false;
        f = f.opened(block.number + 2);
        uint256 evaluators = f.count(EVALUATOR);
        (uint256 trainEnd, uint256 seats) = (block.timestamp + p.train, p.seats < evaluators ? p.seats : evaluators);
        uint256 lengths = uint256(p.reveal) | (f.sealed_() ? uint256(p.key) << 24 : 0) | uint256(p.scoreCommit) << 48
            | uint256(p.scoreReveal) << 72;
        uint256 trainers = f.count(TRAINER);
        _federations[fid] = f;
        _rounds[fid].word =
            RoundState.opened(f.round(), f.version(), trainEnd, lengths, trainers, seats, evaluators > seats);
        emit RoundOpened(fid, f.round(), f.version(), trainEnd, trainers, seats);
        return true;
    }

    /// @dev Says what keeps an idle federation from opening a round.
    function _requireOpenable(uint256 fid, FederationWord f) private view {
        Obstacle obstacle = _obstacle(fid, f);
        if (obstacle == Obstacle.Closed) revert RoundCoordinator_Closed(fid);
        if (obstacle == Obstacle.Rounds) revert RoundCoordinator_RoundsExhausted(f.round());
        if (obstacle == Obstacle.Members) {
            revert RoundCoordinator_MembersMissing(f.count(TRAINER), f.count(EVALUATOR), f.count(AGGREGATOR));
        }
    }

    /// @dev What keeps an idle federation from opening a round, but for its budget.
    function _obstacle(uint256 fid, FederationWord f) private view returns (Obstacle) {
        if (f.closed()) return Obstacle.Closed;
        if (f.round() >= _frames[fid].rounds) return Obstacle.Rounds;
        RoundPolicy storage p = _policies[fid][f.version()];
        bool enough = f.count(TRAINER) >= p.minTrainers && f.count(EVALUATOR) >= p.quorum && f.count(AGGREGATOR) != 0;
        return enough ? Obstacle.None : Obstacle.Members;
    }

    /* -------------------------------------------- SEED -------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function captureSeed(uint256 fid) external {
        Round storage current = _rounds[fid];
        RoundWord w = current.word;
        uint256 seedBlock = _federations[fid].seedBlock();
        if (w.trainEnd() == 0 || w.seeded() || block.number <= seedBlock) {
            revert RoundCoordinator_SeedNotReady(block.number, seedBlock);
        }
        current.word = _capture(current, fid, w);
    }

    /// @dev P-27. Waits for the seed's block; falls back to the last seed once its hash is gone.
    function _capture(Round storage current, uint256 fid, RoundWord w) private returns (RoundWord) {
        uint256 seedBlock = _federations[fid].seedBlock();
        if (block.number <= seedBlock) return w;
        bytes32 seed = blockhash(seedBlock);
        if (seed == 0) seed = keccak256(abi.encode(current.seed, fid, w.round()));
        current.seed = seed;
        emit SeedCaptured(fid, w.round(), seed);
        return w.withSeed();
    }

    /* ------------------------------------------ ABSENCE ------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function reportAbsence(uint256 fid, address operator, uint8 role) external {
        RoundWord w = _rounds[fid].word;
        uint256 round = w.round();
        if (!_absent(fid, w, operator, role)) revert RoundCoordinator_NotAbsent(operator, role);
        uint256 last = _absences[fid][operator][role];
        if (last >> 32 == round) revert RoundCoordinator_AlreadyReported(operator, round);
        uint256 count = last >> 32 == round - 1 ? uint32(last) + 1 : 1;
        _absences[fid][operator][role] = round << 32 | count;
        emit Absent(fid, operator, round, role, count);
        if (count >= MAX_ABSENCES && _members[_key(fid, operator)].until() == MemberState.FOR_EVER) {
            emit Evicted(fid, operator, _remove(fid, operator));
        }
    }

    /// @dev True if the operator had to act in `role` in the current round and can no more (P-7).
    function _absent(uint256 fid, RoundWord w, address operator, uint256 role) private view returns (bool) {
        MemberWord m = _members[_key(fid, operator)];
        bool counts = role == TRAINER || role == EVALUATOR || role == AGGREGATOR;
        if (!counts || w.trainEnd() == 0 || !m.acts(w.round(), role)) return false;
        RoundPolicy storage p = _policies[fid][w.version()];
        if (role == TRAINER) return _trainerAbsent(w, p, _updates[_key(fid, operator)]);
        if (w.revealed() < p.minTrainers) return false;
        return role == EVALUATOR ? _evaluatorAbsent(fid, w, p, m) : _aggregatorAbsent(fid, w, p, m);
    }

    function _trainerAbsent(RoundWord w, RoundPolicy storage p, RecordWord r) private view returns (bool) {
        if (block.timestamp >= w.trainEnd() && !r.isOf(w.round())) return true;
        return block.timestamp >= w.revealEnd() && w.committed() >= p.minTrainers && !r.isRevealedIn(w.round());
    }

    function _evaluatorAbsent(uint256 fid, RoundWord w, RoundPolicy storage p, MemberWord m)
        private
        view
        returns (bool)
    {
        uint256 seat = m.positionAtOpening(EVALUATOR, w.round());
        if (w.drawn()) seat = _drawnSeat(fid, w, seat);
        if (seat >= w.seats()) return false;
        RecordWord r = _scores[fid << 8 | seat];
        if (block.timestamp >= w.scoreCommitEnd() && !r.isOf(w.round())) return true;
        return block.timestamp >= w.scoreRevealEnd() && w.scoresCommitted() >= p.quorum && !r.isRevealedIn(w.round());
    }

    /// @dev One of its turns passed without a settlement, and none is left to it. After a conviction only the turns since
    /// then count, for the word does not tell which of the earlier ones were taken.
    function _aggregatorAbsent(uint256 fid, RoundWord w, RoundPolicy storage p, MemberWord m)
        private
        view
        returns (bool missed)
    {
        if (!w.seeded() || block.timestamp < w.scoreRevealEnd() || w.scoresRevealed() < p.quorum) return false;
        bool settled = w.finalAt() != 0;
        uint256 end = settled ? w.attempt() : Phases.turnOf(w, p.settle);
        uint256 own = m.positionAtOpening(AGGREGATOR, w.round());
        for (uint256 turn = w.convicted() ? w.attempt() : 0; turn < Phases.LAST_TURN; ++turn) {
            if (_turnPosition(fid, w, turn) != own) continue;
            if (turn < end) missed = true;
            else if (!settled || turn == end) return false;
        }
    }

    /* ------------------------------------------ INTERNAL ------------------------------------------ */

    /// @dev Operator for which the caller acts; zero if none.
    function _caller() private view returns (address operator) {
        address target = address(registry);
        uint256 selector = uint256(bytes32(IParticipantRegistry.operatorOf.selector));
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, caller())
            if iszero(staticcall(gas(), target, 0x00, 0x24, 0x00, 0x20)) { revert(0, 0) }
            operator := mload(0x00)
        }
    }

    /// @dev When a phase ends in which everybody has acted.
    function _nextSecond() private view returns (uint256) {
        unchecked {
            return block.timestamp + 1;
        }
    }

    /// @dev The operator for which the caller acts, if it has the role in this round.
    function _acting(uint256 fid, uint256 round, uint256 role) private view returns (address operator, MemberWord m) {
        operator = _caller();
        m = _members[_key(fid, operator)];
        if (!m.acts(round, role)) revert RoundCoordinator_NotMember(operator, round, uint8(role));
    }

    /// @dev The current round, its seed captured if that is possible. Callers store what they get.
    function _current(Round storage current, uint256 fid, uint256 round) private returns (RoundWord w) {
        w = current.word;
        if (w.round() != round) revert RoundCoordinator_WrongRound(round, w.round());
        if (!w.seeded()) w = _capture(current, fid, w);
    }

    function _phase(FederationWord f, RoundWord w, RoundPolicy storage p) private view returns (Phase) {
        return Phases.phaseOf(f, w, p.minTrainers, p.quorum, p.settle);
    }

    /// @dev Position at opening of the aggregator whose turn it is (P-27).
    function _turnPosition(uint256 fid, RoundWord w, uint256 turn) private view returns (uint256) {
        FederationWord f = _federations[fid];
        if (!w.seeded()) revert RoundCoordinator_SeedNotReady(block.number, f.seedBlock());
        return Sortition.turnPosition(_rounds[fid].seed, f.aggregatorsAtOpening(), turn);
    }

    function _requireTime(uint256 start, uint256 end) private view {
        if (block.timestamp < start || block.timestamp >= end) {
            revert RoundCoordinator_WrongTime(block.timestamp, start, end);
        }
    }

    function _requirePhase(uint256 fid, RoundWord w, Phase expected) private view {
        Phase phase = _phase(_federations[fid], w, _policies[fid][w.version()]);
        if (phase != expected) revert RoundCoordinator_WrongPhase(phase);
    }

    /// @dev As `_requirePhase`, without its reads.
    function _requireChallenge(uint256 fid, RoundWord w) private view {
        if (!Phases.inChallenge(w)) {
            revert RoundCoordinator_WrongPhase(_phase(_federations[fid], w, _policies[fid][w.version()]));
        }
    }

    function _requireShape(uint256 length, uint256 expected) private pure {
        if (length != expected) revert RoundCoordinator_ShapeMismatch(length, expected);
    }

    function _requireHeader(uint256 fid, uint256 round, Header calldata header) private view {
        bytes32 hash = _hash(fid, round, header);
        bytes32 expected = _rounds[fid].settlement;
        if (hash != expected) revert RoundCoordinator_HeaderMismatch(expected, hash);
    }

    function _hash(uint256 fid, uint256 round, Header memory header) private view returns (bytes32) {
        return SettlementHash.compute(address(this), fid, round, header);
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IRoundCoordinator
    function stateOf(uint256 fid)
        external
        view
        returns (
            FederationWord federation,
            RoundWord round,
            bytes32 seed,
            uint256 key,
            bytes32 model,
            bytes32 previous,
            bytes32 settlement
        )
    {
        federation = _federations[fid];
        uint256 bit = federation.modelBit();
        Round storage current = _rounds[fid];
        (round, seed, settlement, key) = (current.word, current.seed, current.settlement, _keys[fid]);
        (model, previous) = (_models[fid][bit], _models[fid][bit ^ 1]);
    }

    /// @inheritdoc IRoundCoordinator
    function postedOf(uint256 fid) external view returns (RoundWord round, bytes32 settlement) {
        Round storage current = _rounds[fid];
        return (current.word, current.settlement);
    }

    /// @inheritdoc IRoundCoordinator
    function standingOf(uint256 fid, address operator) external view returns (MemberWord member, RecordWord update) {
        return (_members[_key(fid, operator)], _updates[_key(fid, operator)]);
    }

    /// @inheritdoc IRoundCoordinator
    function scoresOf(uint256 fid, uint256 seat) external view returns (RecordWord) {
        return _scores[fid << 8 | seat];
    }

    /// @inheritdoc IRoundCoordinator
    function updateRoot(uint256 fid, uint256 index) external view returns (bytes32) {
        return _roots[fid << 8 | index];
    }
}
