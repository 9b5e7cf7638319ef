// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RewardProof} from "../../../contracts/interfaces/IDisputes.sol";
import {Header, Policy, Rule, Settlement, Terms} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Scoring} from "../../../contracts/libraries/Scoring.sol";
import {WordMath} from "../../../contracts/libraries/WordMath.sol";
import {WordTree} from "../../../contracts/libraries/WordTree.sol";
import {NumericsHarness} from "../NumericsHarness.sol";
import {CourtBase} from "./CourtBase.sol";
import {RowCases} from "./RowCases.sol";
import {Trees} from "./Trees.sol";

/// @notice Everything that a settlement is made of: what an honest aggregator computes, or a lying one made of it.
struct Work {
    bytes[] vectors;
    uint256[] own;
    bytes medians;
    uint64 norm;
    uint96 earned;
    bytes32[][] included;
    bytes32[] previous;
    bytes32[] old;
    bytes32[] next;
    bytes[] rows;
    bytes32[] rewards;
    uint256[] cumulative;
}

/// @notice A protocol with its disputes contract, a federation with real updates, models, votes and rewards, and settlements
/// of it that can be altered before they are posted.
/// @dev Six trainers, of whom one is an evaluator, too; four evaluators; three aggregators. The model has 43 parameters: six
/// words, the last with five padding lanes, in a tree of eight. Update 2 is judged unfit, update 4 useless.
abstract contract DisputesBase is CourtBase {
    uint256 internal constant PARAMS = 43;
    uint256 internal constant WORDS = 6;
    uint256 internal constant DEPTH = 3;
    uint256 internal constant REWARD_DEPTH = 4;
    uint256 internal constant UNFIT = 2;
    uint256 internal constant USELESS = 4;

    bytes32[] internal oldModel;
    bytes32[] internal previousModel;
    address[] internal ledger;
    uint256[] internal earnedBefore;
    Rule internal rule;

    /* -------------------------------------------- TERMS ------------------------------------------- */

    function defaultTerms() internal view virtual override returns (Terms memory terms) {
        terms = super.defaultTerms();
        terms.params = uint32(PARAMS);
        terms.rewardDepth = uint8(REWARD_DEPTH);
        terms.modelRoot = Trees.root(wordsOf("genesis", address(0), 0));
    }

    function defaultPolicy() internal view virtual override returns (Policy memory policy) {
        policy = super.defaultPolicy();
        policy.rule = rule;
        policy.clip = 1 << 20;
    }

    /// @dev Everybody is in, round 1 is final, round 2 awaits its settlement. Starts anew with everything.
    function setUpDispute(Rule rule_) internal {
        rule = rule_;
        (trainers, evaluators, aggregators) = (new address[](0), new address[](0), new address[](0));
        (ledger, earnedBefore) = (new address[](0), new uint256[](0));
        setUpFederation(5, 3, 3);
        address both = join("both", TRAINER_ROLE | EVALUATOR_ROLE);
        trainers.push(both);
        evaluators.push(both);
        oldModel = previousModel = wordsOf("genesis", address(0), 0);
        openRound();
        trainAll();
        scoreAll();
        Work memory work = honest(aggregatorOf(0));
        Header memory header = post(aggregatorOf(0), work);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        previousModel = oldModel;
        oldModel = work.next;
        earnedBefore = work.cumulative;
        vm.roll(vm.getBlockNumber() + 3);
        vm.warp(vm.getBlockTimestamp() + 3);
        coordinator.captureSeed(fid);
        trainAll();
        scoreAll();
    }

    /* ------------------------------------------- CONTENT ------------------------------------------ */

    /// @dev Small random parameters, zero in padding lanes and words.
    function wordsOf(string memory what, address who, uint256 round)
        internal
        view
        virtual
        returns (bytes32[] memory words)
    {
        words = new bytes32[](1 << DEPTH);
        for (uint256 j; j < words.length; ++j) {
            words[j] = WordTree.Z;
            for (uint256 lane; lane < 8 && 8 * j + lane < PARAMS; ++lane) {
                uint256 random = uint256(keccak256(abi.encode(what, who, round, j, lane)));
                words[j] = RowCases.withLane(words[j], lane, (1 << 31) - (1 << 19) + random % (1 << 20));
            }
        }
    }

    function secret(string memory what, address who, uint256 round) internal view virtual override returns (bytes32) {
        if (keccak256(bytes(what)) == keccak256("root")) return Trees.root(wordsOf("update", who, round));
        return super.secret(what, who, round);
    }

    function vectorOf(address operator, uint256 round) internal view virtual override returns (bytes memory vector) {
        uint256 random = uint256(keccak256(abi.encode("norm", operator, round)));
        vector = abi.encodePacked(uint64((1 << 24) + random % 1000));
        for (uint256 i; i < lens.roundOf(fid).revealed; ++i) {
            random = uint256(keccak256(abi.encode("vote", operator, round, i)));
            uint256 score = i == UNFIT ? 0 : i == USELESS ? 1 : 1000 + 100 * i + random % 50;
            uint256 entry = score == 0 ? 0 : score << 16 | (60_000 + (random >> 32) % 5000);
            vector = bytes.concat(vector, bytes4(uint32(entry)));
        }
    }

    /* ------------------------------------------ SETTLEMENT ---------------------------------------- */

    /// @dev The right settlement of the current round, which `aggregator` posts.
    function honest(address aggregator) internal returns (Work memory work) {
        uint256 round = current();
        _fillScores(work, round);
        _fillRows(work, round);
        _fillRewards(work, aggregator);
    }

    function _fillScores(Work memory work, uint256 round) private view {
        uint256 n = evaluators.length;
        (work.vectors, work.own) = (new bytes[](n), new uint256[](n));
        for (uint256 k; k < n; ++k) {
            work.vectors[k] = vectorOf(evaluators[k], round);
            work.own[k] = Scoring.NONE;
            for (uint256 i; i < trainers.length; ++i) {
                if (trainers[i] == evaluators[k]) work.own[k] = i;
            }
        }
        NumericsHarness.Scores memory scores = _score(work, new bytes(4 * trainers.length));
        (work.medians, work.norm) = (scores.medians, uint64(scores.norm));
    }

    function _score(Work memory work, bytes memory medians) private view returns (NumericsHarness.Scores memory) {
        (uint256 trainerPool, uint256 evaluatorPool,) = federationRegistry.poolsOf(fid, 1);
        return numerics.score(NumericsHarness.ScoringCase(work.vectors, work.own, medians, trainerPool, evaluatorPool));
    }

    function _fillRows(Work memory work, uint256 round) private view {
        uint256 n;
        bytes32[][] memory included = new bytes32[][](trainers.length);
        uint256[] memory entries = new uint256[](trainers.length);
        for (uint256 i; i < trainers.length; ++i) {
            uint256 entry = entryOf(work.medians, i);
            if (entry == 0) continue;
            entries[n] = entry;
            included[n++] = wordsOf("update", trainers[i], round);
        }
        assembly ("memory-safe") {
            mstore(included, n)
            mstore(entries, n)
        }
        (work.included, work.previous, work.old) = (included, previousModel, oldModel);
        work.next = new bytes32[](1 << DEPTH);
        for (uint256 j; j < 1 << DEPTH; ++j) {
            work.next[j] = _nextWord(work, entries, j);
        }
        refreshRows(work);
    }

    function _nextWord(Work memory work, uint256[] memory entries, uint256 j) private view returns (bytes32 word) {
        NumericsHarness.RuleCase memory c;
        Policy memory p = federationRegistry.policyOf(fid, lens.roundOf(fid).version);
        (c.rule, c.trimBps, c.beta) = (p.rule, p.trimBps, p.beta);
        (c.previous, c.old) = (work.previous[j], work.old[j]);
        uint256 n = entries.length;
        (c.scales, c.scores, c.updates) = (new uint256[](n), new uint256[](n), new bytes32[](n));
        for (uint256 i; i < n; ++i) {
            (c.scales[i], c.scores[i]) = ((entries[i] & 0xFFFF) + 1, entries[i] >> 16);
            c.updates[i] = work.included[i][j];
        }
        for (uint256 lane; lane < 8; ++lane) {
            word = RowCases.withLane(word, lane, numerics.nextLane(c, lane));
        }
    }

    /// @dev Rows as the words say.
    function refreshRows(Work memory work) internal pure {
        work.rows = new bytes[](1 << DEPTH);
        for (uint256 j; j < 1 << DEPTH; ++j) {
            bytes memory row;
            for (uint256 i; i < work.included.length; ++i) {
                row = bytes.concat(row, work.included[i][j]);
            }
            work.rows[j] = bytes.concat(row, work.previous[j], work.old[j], work.next[j]);
        }
    }

    /// @dev Whoever the aggregator is, it has its index once it has settled.
    function _fillRewards(Work memory work, address aggregator) private {
        NumericsHarness.Scores memory scores = _score(work, work.medians);
        (,, uint256 aggregatorPool) = federationRegistry.poolsOf(fid, 1);
        for (uint256 i; i < trainers.length; ++i) {
            indexOf(trainers[i]);
        }
        for (uint256 k; k < evaluators.length; ++k) {
            indexOf(evaluators[k]);
        }
        indexOf(aggregator);
        uint256[] memory earned = new uint256[](1 << REWARD_DEPTH);
        for (uint256 i; i < trainers.length; ++i) {
            earned[indexOf(trainers[i])] += scores.trainerShares[i];
        }
        for (uint256 k; k < evaluators.length; ++k) {
            earned[indexOf(evaluators[k])] += scores.evaluatorShares[k];
        }
        earned[indexOf(aggregator)] += aggregatorPool;
        work.rewards = new bytes32[](1 << REWARD_DEPTH);
        work.cumulative = new uint256[](1 << REWARD_DEPTH);
        for (uint256 m; m < earned.length; ++m) {
            work.earned += uint96(earned[m]);
            work.cumulative[m] = earned[m] + previously(m);
            work.rewards[m] = leafOf(m, work.cumulative[m]);
        }
    }

    function previously(uint256 member) internal view returns (uint256) {
        return earnedBefore.length == 0 ? 0 : earnedBefore[member];
    }

    function leafOf(uint256 member, uint256 cumulative) internal view returns (bytes32) {
        if (cumulative == 0) return 0;
        return keccak256(abi.encodePacked(bytes1(0x01), ledger[member], uint128(cumulative)));
    }

    /// @dev The member index, which it gets in the order in which the chain gives it.
    function indexOf(address operator) internal returns (uint256 index) {
        for (; index < ledger.length; ++index) {
            if (ledger[index] == operator) return index;
        }
        ledger.push(operator);
    }

    function entryOf(bytes memory medians, uint256 i) internal pure returns (uint256 entry) {
        for (uint256 b; b < 4; ++b) {
            entry = entry << 8 | uint8(medians[4 * i + b]);
        }
    }

    function rowLeaves(Work memory work) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](work.rows.length);
        for (uint256 j; j < leaves.length; ++j) {
            leaves[j] = keccak256(bytes.concat(bytes1(0x00), work.rows[j]));
        }
    }

    function settlementFrom(Work memory work) internal pure returns (Settlement memory) {
        return Settlement({
            medians: work.medians,
            norm: work.norm,
            earned: work.earned,
            rowRoot: Trees.root(rowLeaves(work)),
            modelRoot: Trees.root(work.next),
            modelDigest: keccak256(abi.encode(work.next)),
            rewardRoot: Trees.root(work.rewards)
        });
    }

    /// @dev Posts whatever the work says, at the aggregator's turn.
    function post(address aggregator, Work memory work) internal returns (Header memory header) {
        header = settle(aggregator, settlementFrom(work));
        tick();
    }

    /* -------------------------------------------- CALLS ------------------------------------------- */

    function arithmeticCall(Header memory h, Work memory w, uint256 j, uint256 lane)
        internal
        view
        returns (bytes memory)
    {
        (uint256 lo, uint256 hi) = witnessesOf(w, j, lane);
        bytes32[] memory path = Trees.path(rowLeaves(w), j);
        return abi.encodeCall(court.disproveArithmetic, (fid, h, w.medians, w.rows[j], j, path, lane, lo, hi));
    }

    /// @dev Of the posted row, as long as it has its right length.
    function witnessesOf(Work memory w, uint256 j, uint256 lane)
        internal
        view
        virtual
        returns (uint256 lo, uint256 hi)
    {
        uint256 n = w.rows[j].length / 32;
        if (n <= 3) return (0, 0);
        uint256[] memory x = new uint256[](n - 3);
        uint256 slot;
        for (uint256 i; i < w.medians.length / 4 && slot < x.length; ++i) {
            uint256 entry = entryOf(w.medians, i);
            if (entry >> 16 == 0) continue;
            x[slot] = WordMath.rescaleLane(WordMath.lane(wordAt(w.rows[j], slot), lane), (entry & 0xFFFF) + 1);
            ++slot;
        }
        Scoring.sort(x);
        if (rule == Rule.Mean || rule == Rule.WeightedMean) return (0, 0);
        if (rule == Rule.Median) return (x[(x.length - 1) / 2], 0);
        uint256 k = WordMath.trimCount(x.length, 2000);
        return (x[k], x[x.length - 1 - k]);
    }

    function wordAt(bytes memory row, uint256 i) internal pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(row, 0x20), shl(5, i)))
        }
    }

    /// @dev Slot `slot` of the included updates is update `i`.
    function updateCall(Header memory h, Work memory w, uint256 j, uint256 slot, uint256 i)
        internal
        view
        returns (bytes memory)
    {
        bytes32[] memory words = wordsOf("update", trainers[i], current());
        bytes32[] memory path = Trees.path(rowLeaves(w), j);
        return abi.encodeCall(
            court.disproveUpdate, (fid, h, w.medians, w.rows[j], j, path, slot, words[j], Trees.path(words, j))
        );
    }

    function oldModelCall(Header memory h, Work memory w, uint256 j, bool previous)
        internal
        view
        returns (bytes memory)
    {
        bytes32[] memory words = previous ? previousModel : oldModel;
        bytes32[] memory path = Trees.path(rowLeaves(w), j);
        return
            abi.encodeCall(
                court.disproveOldModel, (fid, h, w.rows[j], j, path, previous, words[j], Trees.path(words, j))
            );
    }

    /// @dev `words` is the posted model.
    function newModelCall(Header memory h, Work memory w, bytes32[] memory words, uint256 j)
        internal
        view
        returns (bytes memory)
    {
        bytes32[] memory path = Trees.path(rowLeaves(w), j);
        return abi.encodeCall(court.disproveNewModel, (fid, h, w.rows[j], j, path, words[j], Trees.path(words, j)));
    }

    function medianCall(Header memory h, Work memory w, uint256 i) internal view returns (bytes memory) {
        return abi.encodeCall(court.disproveMedian, (fid, h, w.medians, w.vectors, i));
    }

    function earnedCall(Header memory h, Work memory w) internal view returns (bytes memory) {
        return abi.encodeCall(court.disproveEarned, (fid, h, w.medians, w.vectors));
    }

    /// @dev `previous` are the leaves under the last final reward root.
    function rewardProof(Work memory w, uint256 member) internal view returns (RewardProof memory proof) {
        proof.index = member;
        if (member < ledger.length) proof.operator = ledger[member];
        proof.leaf = w.rewards[member];
        proof.path = Trees.path(w.rewards, member);
        proof.previous = uint128(previously(member));
        if (earnedBefore.length == 0) return proof;
        bytes32[] memory leaves = new bytes32[](1 << REWARD_DEPTH);
        for (uint256 m; m < leaves.length; ++m) {
            leaves[m] = leafOf(m, earnedBefore[m]);
        }
        proof.previousPath = Trees.path(leaves, member);
    }

    function rewardCall(Header memory h, Work memory w, uint256 member) internal view returns (bytes memory) {
        return abi.encodeCall(court.disproveReward, (fid, h, w.medians, w.vectors, rewardProof(w, member)));
    }
}
