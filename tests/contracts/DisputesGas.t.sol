// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Node, RewardProof, Tree} from "../../contracts/interfaces/IDisputes.sol";
import {Header, Policy, Rule, Settlement, Terms} from "../../contracts/interfaces/ParleyTypes.sol";
import {Disproof} from "../../contracts/libraries/Disproof.sol";
import {stdStorage, StdStorage} from "forge-std/Test.sol";
import {NumericsHarness} from "./NumericsHarness.sol";
import {CourtBase} from "./utils/CourtBase.sol";
import {RowCase, RowCases} from "./utils/RowCases.sol";

/// @title DisputesGasTest
/// @notice What disproofs and answers to demands cost as whole transactions, for a model of a million parameters (D = 17). The
/// disproof is committed, the prover has a balance in the stake vault, and something slashed before is still to be burned.
/// @dev Isolation makes each call a transaction: calldata and its floor (EIP-7623), cold accesses and refunds count.
contract DisputesGasTest is CourtBase {
    using stdStorage for StdStorage;

    uint256 internal constant DEPTH = 17;
    uint256 internal constant INDEX = 100_001;
    uint256 internal constant SLOT = 1;

    Rule internal rule;
    bytes32 internal slotRoot;

    function defaultTerms() internal view override returns (Terms memory terms) {
        terms = super.defaultTerms();
        terms.params = uint32(8 << DEPTH);
    }

    function defaultPolicy() internal view override returns (Policy memory policy) {
        policy = super.defaultPolicy();
        policy.rule = rule;
    }

    function secret(string memory what, address who, uint256 round) internal view override returns (bytes32) {
        bool slot = slotRoot != 0 && trainers.length > SLOT && who == trainers[SLOT]
            && keccak256(bytes(what)) == keccak256("root");
        return slot ? slotRoot : super.secret(what, who, round);
    }

    /* ------------------------------------------ DISPROOFS ----------------------------------------- */

    /// forge-config: default.isolate = true
    function test_Gas_DisproveArithmetic() external {
        uint256[3] memory rules = [uint256(Rule.Mean), uint256(Rule.TrimmedMean), uint256(Rule.Median)];
        string[3] memory names = ["mean", "trimmed mean", "median"];
        for (uint256 i; i < 3; ++i) {
            uint256 state = vm.snapshotState();
            string memory name = string.concat("disproveArithmetic, ", names[i]);
            _check(name, 10, _arithmetic(Rule(rules[i]), 10), 120_000);
            vm.revertToState(state);
            _check(name, 100, _arithmetic(Rule(rules[i]), 100), 225_000);
            vm.revertToState(state);
        }
    }

    /// forge-config: default.isolate = true
    function test_Gas_DisproveUpdate() external {
        uint256 state = vm.snapshotState();
        _check("disproveUpdate", 10, _update(10), 120_000);
        vm.revertToState(state);
        _check("disproveUpdate", 100, _update(100), 225_000);
    }

    function _arithmetic(Rule rule_, uint256 n) internal returns (uint256) {
        (Header memory h, RowCase memory c, bytes32[] memory path) = _dispute(rule_, n, 0);
        (uint256 lo, uint256 hi) = RowCases.witnesses(numerics, c);
        bytes memory data =
            abi.encodeCall(court.disproveArithmetic, (fid, h, c.medians, RowCases.row(c), INDEX, path, c.lane, lo, hi));
        return _prove(h, data);
    }

    function _update(uint256 n) internal returns (uint256) {
        bytes32 word = keccak256("word");
        bytes32[] memory wordPath = _path("word");
        numerics = NumericsHarness(deployCode("NumericsHarness.sol:NumericsHarness"));
        slotRoot = _rootFrom(word, INDEX, wordPath);
        (Header memory h, RowCase memory c, bytes32[] memory path) = _dispute(Rule.Mean, n, slotRoot);
        bytes memory data = abi.encodeCall(
            court.disproveUpdate, (fid, h, c.medians, RowCases.row(c), INDEX, path, SLOT, word, wordPath)
        );
        return _prove(h, data);
    }

    /// @dev A posted settlement of `n` updates whose row `INDEX` is random.
    function _dispute(Rule rule_, uint256 n, bytes32 root)
        internal
        returns (Header memory h, RowCase memory c, bytes32[] memory path)
    {
        (rule, slotRoot) = (rule_, root);
        setUpFederation(n, 3, 1);
        openRound();
        trainAll();
        scoreAll();
        c = _case(n);
        path = _path("row");
        Settlement memory s = settlementOf(1);
        s.medians = c.medians;
        s.rowRoot = _rootFrom(keccak256(bytes.concat(bytes1(0x00), RowCases.row(c))), INDEX, path);
        h = settle(aggregators[0], s);
        tick();
    }

    /// @dev Scores of about 100 basis points each, as a hundred trainers share 10,000.
    function _case(uint256 n) internal view returns (RowCase memory c) {
        c.rules = Disproof.Rules(rule, 2000, 32_768);
        (c.scales, c.scores, c.updates) = (new uint256[](n), new uint256[](n), new bytes32[](n));
        for (uint256 i; i < n; ++i) {
            uint256 random = uint256(keccak256(abi.encode("entry", i)));
            (c.scores[i], c.scales[i]) = (1 + random % 200, 1 + (random >> 32) % 65_536);
            c.medians = bytes.concat(c.medians, bytes4(uint32(c.scores[i] << 16 | (c.scales[i] - 1))));
            c.updates[i] = keccak256(abi.encode("update word", i));
        }
        (c.previous, c.old, c.next) = (keccak256("previous"), keccak256("old"), keccak256("next"));
        c.lane = 5;
    }

    function _prove(Header memory h, bytes memory data) internal returns (uint256 gas) {
        newOperator("prover", 1e18);
        stdstore.target(address(stakeVault)).sig("toBurn(address)").with_key(address(token)).checked_write(1);
        commit(prover, hashOf(h), data);
        vm.prank(prover);
        (bool done,) = address(court).call(data);
        gas = vm.lastCallGas().gasTotalUsed;
        assertTrue(done, "convicts");
        (uint256 free,) = stakeVault.accountOf(address(token), prover);
        assertGt(free, 1e18, "is rewarded");
    }

    /// @dev F-28: with 256 trainers and 32 seats, all vectors in calldata, within what one transaction may use (EIP-7825).
    /// forge-config: default.isolate = true
    function test_Gas_LargestDisproofsOfScores() external {
        uint256 cap = 16_777_216;
        setUpFederation(256, 32, 1);
        openRound();
        trainAll();
        scoreAll();
        bytes[] memory vectors = new bytes[](32);
        for (uint256 k; k < 32; ++k) {
            vectors[k] = vectorOf(evaluators[k], 1);
        }
        Settlement memory s = settlementOf(1);
        bytes32[] memory path = new bytes32[](10);
        s.rewardRoot = _rootFrom(bytes32(uint256(1)), 256 + 31, path);
        Header memory h = settle(aggregators[0], s);
        tick();
        uint256 state = vm.snapshotState();
        bytes memory data = abi.encodeCall(court.disproveMedian, (fid, h, s.medians, vectors, 255));
        _check("disproveMedian, 32 seats", 256, _prove(h, data), cap);
        vm.revertToState(state);
        data = abi.encodeCall(court.disproveEarned, (fid, h, s.medians, vectors));
        _check("disproveEarned, 32 seats", 256, _prove(h, data), cap);
        vm.revertToState(state);
        RewardProof memory proof = RewardProof(256 + 31, evaluators[31], bytes32(uint256(1)), path, 0, new bytes32[](0));
        data = abi.encodeCall(court.disproveReward, (fid, h, s.medians, vectors, proof));
        _check("disproveReward, 32 seats", 256, _prove(h, data), cap);
    }

    /* ------------------------------------------- SUPPLY ------------------------------------------- */

    /// forge-config: default.isolate = true
    function test_Gas_Supply256Nodes() external {
        setUpFederation(3, 3, 1);
        openRound();
        trainAll();
        scoreAll();
        bytes memory nodes;
        for (uint256 i; i < 256; ++i) {
            nodes = bytes.concat(nodes, keccak256(abi.encode("node", i)));
        }
        bytes32[] memory path = new bytes32[](8);
        for (uint256 i; i < 8; ++i) {
            path[i] = keccak256(abi.encode("sibling", i));
        }
        bytes32 hash = numerics.foldWords(nodes);
        Settlement memory s = settlementOf(1);
        s.rowRoot = _rootFrom(hash, 201, path);
        Header memory h = settle(aggregators[0], s);
        tick();
        Node memory node = Node(Tree.Row, 0, 8, 201);
        vm.deal(prover, 1 ether);
        vm.fee(1 gwei);
        vm.prank(prover);
        court.demand{value: 1 ether}(fid, h, "", node, hash, path);
        tick();
        bytes memory data = abi.encodeCall(court.supply, (fid, node, nodes));
        vm.prank(aggregators[0]);
        (bool done,) = address(court).call(data);
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        assertTrue(done, "supplied");
        _check("supply of 256 nodes", 3, gas, 360_000);
    }

    /* ------------------------------------------ HELPERS ------------------------------------------- */

    function _check(string memory name, uint256 n, uint256 gas, uint256 target) internal {
        emit log_named_uint(string.concat(name, ", ", vm.toString(n), " trainers"), gas);
        assertGt(gas, 21_000, "a whole transaction");
        if (gas > target) fail();
    }

    function _path(string memory what) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](DEPTH);
        for (uint256 i; i < DEPTH; ++i) {
            path[i] = keccak256(abi.encode(what, i));
        }
    }

    function _rootFrom(bytes32 leaf, uint256 index, bytes32[] memory path) internal view returns (bytes32) {
        return numerics.rootFrom(leaf, index, path);
    }
}
