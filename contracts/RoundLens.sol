// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFederationRegistry} from "./interfaces/IFederationRegistry.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {IRoundLens} from "./interfaces/IRoundLens.sol";
import {FederationView, MemberView, Phase, Policy, RoundView} from "./interfaces/ParleyTypes.sol";
import {Cid} from "./libraries/Cid.sol";
import {FederationWord} from "./libraries/FederationState.sol";
import {AGGREGATOR, EVALUATOR, MemberState, MemberWord, TRAINER} from "./libraries/MemberState.sol";
import {Phases} from "./libraries/Phases.sol";
import {RecordWord} from "./libraries/RecordState.sol";
import {RoundWord} from "./libraries/RoundState.sol";
import {Sortition} from "./libraries/Sortition.sol";
import {WordTree} from "./libraries/WordTree.sol";

/// @title RoundLens
/// @notice Reads for people, workers and explorers; holds nothing. See {IRoundLens}.
contract RoundLens is IRoundLens {
    /// @notice The coordinator that is read.
    IRoundCoordinator public immutable coordinator;
    /// @notice Its federation registry.
    IFederationRegistry public immutable federationRegistry;

    /// @param coordinator_ The coordinator to read.
    constructor(IRoundCoordinator coordinator_) {
        coordinator = coordinator_;
        federationRegistry = coordinator_.federationRegistry();
    }

    /// @inheritdoc IRoundLens
    function federationOf(uint256 fid) external view returns (FederationView memory v) {
        FederationWord f;
        uint256 key;
        (f,, v.seed, key, v.modelRoot, v.previousRoot,) = coordinator.stateOf(fid);
        v.sponsor = federationRegistry.sponsorOf(fid);
        v.round = uint24(f.round());
        v.version = uint16(f.version());
        v.live = f.live();
        v.closed = f.closed();
        v.trainers = uint16(f.count(TRAINER));
        v.evaluators = uint16(f.count(EVALUATOR));
        v.aggregators = uint16(f.count(AGGREGATOR));
        v.evaluatorsAtOpening = uint16(f.evaluatorsAtOpening());
        v.aggregatorsAtOpening = uint16(f.aggregatorsAtOpening());
        v.memberCount = uint16(f.memberCount());
        v.norm = uint64(f.norm());
        v.keyRound = uint24(key);
        v.seedBlock = uint40(f.seedBlock());
    }

    /// @inheritdoc IRoundLens
    function roundOf(uint256 fid) external view returns (RoundView memory v) {
        (FederationWord f, RoundWord w,,,,,) = coordinator.stateOf(fid);
        Policy memory p = federationRegistry.policyOf(fid, w.version());
        v.round = uint24(w.round());
        v.version = uint16(w.version());
        v.phase = Phases.phaseOf(f, w, p.minTrainers, p.quorum, p.settle);
        v.turn = uint8(v.phase == Phase.Settle ? Phases.turnOf(w, p.settle) : w.attempt());
        v.finalAt = uint32(w.finalAt());
        v.committed = uint16(w.committed());
        v.revealed = uint16(w.revealed());
        v.scoresCommitted = uint8(w.scoresCommitted());
        v.scoresRevealed = uint8(w.scoresRevealed());
        v.trainers = uint16(w.trainers());
        v.seats = uint8(w.seats());
        v.drawn = w.drawn();
        v.seeded = w.seeded();
        (v.trainEnd, v.revealEnd, v.keyEnd) = (uint32(w.trainEnd()), uint32(w.revealEnd()), uint32(w.keyEnd()));
        (v.scoreCommitEnd, v.scoreRevealEnd) = (uint32(w.scoreCommitEnd()), uint32(w.scoreRevealEnd()));
    }

    /// @inheritdoc IRoundLens
    function memberOf(uint256 fid, address operator) external view returns (MemberView memory v) {
        (FederationWord f, RoundWord w, bytes32 seed,,,,) = coordinator.stateOf(fid);
        (MemberWord m, RecordWord update) = coordinator.standingOf(fid, operator);
        uint256 round = w.round();
        v.roles = uint8(m.roles());
        v.hasIndex = m.ordinal() != 0;
        if (v.hasIndex) v.index = uint16(m.ordinal() - 1);
        v.from = uint24(m.from());
        v.until = uint24(m.until());
        v.stake = uint96(m.stake());
        bool aggregates = m.acts(round, AGGREGATOR);
        v.aggregatorPosition = uint16(aggregates ? m.positionAtOpening(AGGREGATOR, round) : MemberState.NO_POSITION);
        v.committed = round != 0 && update.isOf(round);
        v.revealed = update.isRevealedIn(round);
        if (v.revealed) v.revealIndex = uint16(update.number());
        if (w.trainEnd() == 0) return v; // the round is over, and the word no longer says who was drawn
        uint256 seat;
        (v.seated, seat) = Phases.seatOf(f, w, m, seed);
        if (!v.seated) return v;
        v.seat = uint8(seat);
        RecordWord scores = coordinator.scoresOf(fid, seat);
        (v.scoresCommitted, v.scoresRevealed) = (scores.isOf(round), scores.isRevealedIn(round));
    }

    /// @inheritdoc IRoundLens
    function updateRoot(uint256 fid, uint256 index) external view returns (bytes32) {
        (, RoundWord w,,,,,) = coordinator.stateOf(fid);
        return index < w.revealed() ? coordinator.updateRoot(fid, index) : bytes32(0);
    }

    /// @inheritdoc IRoundLens
    function scoresAt(uint256 fid, uint256 seat) external view returns (bool revealed, bytes32 hash, uint256 own) {
        (, RoundWord w,,,,,) = coordinator.stateOf(fid);
        RecordWord r = coordinator.scoresOf(fid, seat);
        revealed = r.isRevealedIn(w.round());
        if (revealed) (hash, own) = (r.hash(), r.number());
    }

    /// @inheritdoc IRoundLens
    function settlementHash(uint256 fid) external view returns (bytes32) {
        (, RoundWord w,,,,, bytes32 settlement) = coordinator.stateOf(fid);
        return w.finalAt() == 0 ? bytes32(0) : settlement;
    }

    /// @inheritdoc IRoundLens
    function turnPosition(uint256 fid, uint256 turn) external view returns (uint256) {
        (FederationWord f, RoundWord w, bytes32 seed,,,,) = coordinator.stateOf(fid);
        if (!w.seeded()) revert RoundLens_NotSeeded(fid, w.round());
        return Sortition.turnPosition(seed, f.aggregatorsAtOpening(), turn);
    }

    /// @inheritdoc IRoundLens
    function cidOf(uint256 fid, bytes32 digest) external view returns (string memory) {
        return Cid.toString(digest, 32 * WordTree.wordsFor(federationRegistry.termsOf(fid).params));
    }
}
