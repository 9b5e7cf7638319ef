// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Node, Tree} from "../../contracts/interfaces/IDisputes.sol";
import {Header, Policy, Rule, Settlement, Terms} from "../../contracts/interfaces/ParleyTypes.sol";
import {CourtBase} from "./utils/CourtBase.sol";
import {Trees} from "./utils/Trees.sol";

/// @title DemandsDescentTest
/// @notice One bad row among 131,072, withheld: a watcher that demands the child that differs, step by step, reaches it in four
/// steps and disproves it (P-22).
contract DemandsDescentTest is CourtBase {
    uint256 internal constant DEPTH = 17;
    uint256 internal constant BAD = 77_777;
    uint256 internal constant WINDOW = 6 + 6;

    Header internal header;
    bytes internal row;
    bytes internal medians;
    /// @dev What is supplied at each step: 256, 256 and 2 hashes.
    bytes32[][3] internal blocks;

    function setUp() public {
        setUpFederation(3, 3, 1);
        openRound();
        trainAll();
        scoreAll();
        for (uint256 i; i < 3; ++i) {
            medians = bytes.concat(medians, bytes4(0x0001FFFF));
        }
        for (uint256 i; i < 6; ++i) {
            row = bytes.concat(row, keccak256(abi.encode("word", i)));
        }
        bytes32 node = keccak256(bytes.concat(bytes1(0x00), row));
        for (uint256 step = 3; step > 0; --step) {
            node = _hide(step - 1, node);
        }
        Settlement memory s = settlementOf(1);
        (s.medians, s.rowRoot) = (medians, node);
        header = settle(aggregators[0], s);
        tick();
        vm.deal(prover, 1 ether);
    }

    function defaultTerms() internal view override returns (Terms memory terms) {
        terms = super.defaultTerms();
        terms.params = uint32(8 << DEPTH);
    }

    function defaultPolicy() internal view override returns (Policy memory policy) {
        policy = super.defaultPolicy();
        policy.rule = Rule.Mean;
    }

    /// @dev Puts a node among random siblings; returns the node above all of them.
    function _hide(uint256 step, bytes32 node) internal returns (bytes32) {
        bytes32[] memory nodes = new bytes32[](step == 2 ? 2 : 256);
        for (uint256 i; i < nodes.length; ++i) {
            nodes[i] = keccak256(abi.encode("sibling", step, i));
        }
        nodes[_placeIn(step)] = node;
        blocks[step] = nodes;
        return Trees.root(nodes);
    }

    /// @dev Where the way to the bad row leads: bits 16-9, 8-1 and 0 of its index.
    function _placeIn(uint256 step) internal pure returns (uint256) {
        return step == 0 ? BAD >> 9 : step == 1 ? (BAD >> 1) % 256 : BAD % 2;
    }

    function _levelOf(uint256 step) internal pure returns (uint256) {
        return step == 3 ? DEPTH : 8 * step;
    }

    /// @dev The node of a step on the way, and its siblings upwards.
    function _nodeOf(uint256 step) internal view returns (Node memory node, bytes32 hash, bytes32[] memory path) {
        uint256 level = _levelOf(step);
        node = Node(Tree.Row, 0, uint8(level), uint32(BAD >> (DEPTH - level)));
        hash = step == 0 ? header.rowRoot : blocks[step - 1][_placeIn(step - 1)];
        path = new bytes32[](level);
        uint256 n;
        for (uint256 s = step; s > 0; --s) {
            bytes32[] memory part = Trees.path(blocks[s - 1], _placeIn(s - 1));
            for (uint256 i; i < part.length; ++i) {
                path[n++] = part[i];
            }
        }
    }

    function _demand(uint256 step) internal {
        (Node memory node, bytes32 hash, bytes32[] memory path) = _nodeOf(step);
        vm.prank(prover);
        court.demand{value: FEE_FLOOR}(fid, header, step == 3 ? medians : bytes(""), node, hash, path);
    }

    function _supply(uint256 step) internal {
        (Node memory node,,) = _nodeOf(step);
        vm.prank(aggregators[0]);
        court.supply(fid, node, step == 3 ? row : abi.encodePacked(blocks[step]));
    }

    /// @dev At the last second of every window, and still in time.
    function test_P22_BadRowIsReachedInFourStepsAndDisproved() external {
        uint256 end = lens.roundOf(fid).finalAt;
        bytes32 settlement = hashOf(header);
        for (uint256 step; step < 4; ++step) {
            vm.warp(end + step * WINDOW - 1);
            _demand(step);
            assertEq(lens.roundOf(fid).finalAt, end + step * WINDOW + 6, "E_t + supply");
            vm.warp(end + step * WINDOW + 4);
            _supply(step);
            assertEq(lens.roundOf(fid).finalAt, end + (step + 1) * WINDOW, "E_(t+1)");
        }
        vm.warp(end + 4 * WINDOW - 2);
        (,, bytes32[] memory path) = _nodeOf(3);
        bytes memory data =
            abi.encodeCall(court.disproveArithmetic, (fid, header, medians, row, BAD, path, 0, uint256(0), uint256(0)));
        assertConvicts(header, data);
        for (uint256 step; step < 4; ++step) {
            (Node memory node,,) = _nodeOf(step);
            court.release(fid, settlement, node);
        }
        court.pay(prover);
        assertEq(prover.balance, 1 ether, "every fee is back");
    }

    /// @dev P-22: without a disproof the settlement is final after ceil(D / 8) + 1 steps, whoever demands what.
    function test_P22_DemandsEnd() external {
        uint256 end = lens.roundOf(fid).finalAt;
        for (uint256 step; step < 4; ++step) {
            vm.warp(end + step * WINDOW - 1);
            _demand(step);
            _supply(step);
        }
        assertEq(lens.roundOf(fid).finalAt, end + 4 * WINDOW);
        vm.warp(end + 4 * WINDOW);
        coordinator.advance(fid, header);
        assertEq(lens.roundOf(fid).round, 2);
    }

    /// @dev Silence at any step convicts.
    function test_P22_SilenceAtAnyStepConvicts() external {
        for (uint256 silent; silent < 4; ++silent) {
            uint256 state = vm.snapshotState();
            for (uint256 step; step <= silent; ++step) {
                _demand(step);
                if (step < silent) _supply(step);
            }
            vm.warp(vm.getBlockTimestamp() + 6);
            (Node memory node,,) = _nodeOf(silent);
            court.expire(fid, header, node);
            (uint256 free,) = stakeVault.accountOf(address(token), prover);
            assertEq(free, 250e18);
            vm.revertToState(state);
        }
    }
}
