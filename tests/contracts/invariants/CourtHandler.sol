// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Node, Tree} from "../../../contracts/interfaces/IDisputes.sol";
import {Phase, RoundView} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Work} from "../utils/DisputesBase.sol";
import {Trees} from "../utils/Trees.sol";
import {CourtProofs} from "./CourtProofs.sol";

/// @notice All of the protocol with liars, thieves, robbed copies, false accusers, silent suppliers and trainers that leave:
/// anything at any time. No call of a handler may revert.
contract CourtHandler is CourtProofs {
    uint256 private constant SUPPLY = 6;
    uint256 private constant CHALLENGE = 6;

    /// @dev A demand that was made; `fee` is 0 once released.
    struct Asked {
        Node node;
        bytes32 settlement;
        uint256 fee;
    }

    Asked[] internal _asked;
    /// @dev Demands on the posted settlement start here.
    uint256 private _since;

    /* ------------------------------------------- DEMANDS ------------------------------------------ */

    function setBaseFee(uint256 fee) public step("setBaseFee") {
        vm.fee(bound(fee, 0, 200 gwei));
    }

    /// @notice A root of the posted settlement's trees, or a leaf of the rows', is demanded, by friend or foe.
    function demand(uint256 tree, uint256 leaf, uint256 who, uint256 tip) external step("demand") {
        if (!_isPosted()) return;
        tree = tree % 5; // 4: a leaf
        uint256 update = tree == 3 ? _included(leaf) : 0;
        bool none = tree == 3 && update == _work.medians.length / 4;
        if (none || (tree == 4 && _kind == Lie.Withheld)) (tree, update) = (0, 0);
        Node memory node = tree == 4
            ? Node(Tree.Row, 0, uint8(DEPTH), uint32(leaf % (1 << DEPTH)))
            : Node(Tree(tree), uint16(update), 0, 0);
        _demand(node, _anybody(who), tip % 1 ether);
    }

    function _demand(Node memory node, address by, uint256 tip) internal {
        bytes32 settlement = lens.settlementHash(fid);
        (address asked,,,) = court.demandOf(fid, settlement, node);
        (, uint256 end,) = court.docketOf(fid, settlement);
        if (end == 0) end = lens.roundOf(fid).finalAt;
        if (node.level != 0) end += SUPPLY + CHALLENGE;
        uint256 fee = court.demandFee(fid, settlement, block.basefee);
        uint256 time = vm.getBlockTimestamp();
        bool open = time < end && time < lens.roundOf(fid).finalAt;
        if (asked != address(0) || !open || by.balance < fee + tip) return;
        (bytes32 hash, bytes32[] memory path) = _nodeOf(node);
        vm.prank(by);
        court.demand{value: fee + tip}(fid, posted, _work.medians, node, hash, path);
        _asked.push(Asked(node, settlement, fee));
        ++calls["demanded"];
    }

    /// @dev The node's hash and its siblings upwards.
    function _nodeOf(Node memory node) private view returns (bytes32, bytes32[] memory) {
        if (node.tree == Tree.Update) return (coordinator.updateRoot(fid, node.update), new bytes32[](0));
        if (node.tree == Tree.Model) return (posted.modelRoot, new bytes32[](0));
        if (node.tree == Tree.Reward) return (posted.rewardRoot, new bytes32[](0));
        if (node.level == 0) return (posted.rowRoot, new bytes32[](0));
        bytes32[] memory leaves = rowLeaves(_work);
        return (leaves[node.index], Trees.path(leaves, node.index));
    }

    /// @dev Reveal index of one of the included updates; one too many for none.
    function _included(uint256 seed) private view returns (uint256 i) {
        uint256 n = _work.medians.length / 4;
        for (uint256 k; k < n; ++k) {
            i = (seed % n + k) % n;
            if (entryOf(_work.medians, i) >> 16 != 0) return i;
        }
        return n;
    }

    /// @notice A demand that can be answered is answered, by anybody.
    function supply(uint256 which, uint256 who) external step("supply") {
        (bool found, uint256 i) = _openFrom(which);
        if (!found) return;
        Asked memory asked = _asked[i];
        (, uint256 deadline,,) = court.demandOf(fid, asked.settlement, asked.node);
        bool known = _kind != Lie.Withheld || asked.node.tree != Tree(_withheld);
        bytes memory content = known ? _contentOf(asked.node) : bytes("");
        bool fits = asked.node.level == 0 || content.length == 32 * (_includedCount() + 3);
        if (!known || !fits || vm.getBlockTimestamp() >= deadline) return;
        vm.prank(_anybody(who));
        court.supply(fid, asked.node, content);
        ++calls["supplied"];
    }

    function _includedCount() private view returns (uint256 n) {
        for (uint256 i; i < _work.medians.length / 4; ++i) {
            if (entryOf(_work.medians, i) >> 16 != 0) ++n;
        }
    }

    function _contentOf(Node memory node) private view returns (bytes memory) {
        Work memory w = _work;
        if (node.level != 0) return w.rows[node.index];
        if (node.tree == Tree.Row) return Trees.below(rowLeaves(w), 0, 0, DEPTH);
        if (node.tree == Tree.Model) return Trees.below(w.next, 0, 0, DEPTH);
        if (node.tree == Tree.Reward) return Trees.below(w.rewards, 0, 0, REWARD_DEPTH);
        return Trees.below(wordsOf("update", trainers[node.update], current()), 0, 0, DEPTH);
    }

    /// @dev An unanswered demand on the posted settlement, the first from a random one on.
    function _openFrom(uint256 seed) private returns (bool found, uint256 i) {
        if (!_isPosted()) return (false, 0);
        bytes32 settlement = lens.settlementHash(fid);
        for (; _since < _asked.length && _asked[_since].settlement != settlement;) {
            ++_since;
        }
        uint256 n = _asked.length - _since;
        for (uint256 k; k < n; ++k) {
            i = _since + (seed % n + k) % n;
            (,, address supplier,) = court.demandOf(fid, settlement, _asked[i].node);
            if (supplier == address(0)) return (true, i);
        }
    }

    /// @notice A demand that nobody answered convicts, honest or not; half is the demander's.
    function expire(uint256 which) external step("expire") {
        (bool found, uint256 i) = _openFrom(which);
        if (found) _expire(i);
    }

    function _expire(uint256 i) private {
        Asked memory asked = _asked[i];
        (address demander, uint256 deadline,,) = court.demandOf(fid, asked.settlement, asked.node);
        if (vm.getBlockTimestamp() < deadline) return;
        uint256 before = _together(posted.aggregator, demander);
        court.expire(fid, posted, asked.node);
        _bookConviction(demander, before);
        ++calls["expired"];
    }

    /* -------------------------------------------- FEES -------------------------------------------- */

    /// @notice Somebody sees to money that waits.
    function moveMoney(uint256 what, uint256 which) external {
        what = what % 5;
        if (what == 0) burn();
        else if (what == 1) claim(which);
        else if (what == 2) release(which);
        else if (what == 3) pay(which);
        else setBaseFee(which);
    }

    function release(uint256 which) public step("release") {
        uint256 n = _asked.length;
        for (uint256 k; k < n; ++k) {
            Asked storage asked = _asked[(which % n + k) % n];
            if (asked.fee == 0 || asked.settlement == lens.settlementHash(fid)) continue;
            court.release(fid, asked.settlement, asked.node);
            asked.fee = 0;
            ++calls["released"];
            return;
        }
    }

    function pay(uint256 who) public step("pay") {
        address account = who % 5 == 0 ? BURN_ADDRESS : _anybody(who / 5);
        if (court.owedTo(account) == 0) return;
        court.pay(account);
    }

    /* ------------------------------------------ WATCHER ------------------------------------------- */

    /// @dev Acts in the last second in which it helps: without a commitment then, for that would cost a block.
    function _watch(uint256 seconds_) internal override {
        if (_kind == Lie.None) return;
        RoundView memory r = lens.roundOf(fid);
        (, uint256 end,) = court.docketOf(fid, lens.settlementHash(fid));
        uint256 time = vm.getBlockTimestamp() + seconds_;
        if (_kind == Lie.Provable && time >= r.finalAt && vm.getBlockTimestamp() < r.finalAt) {
            _prove(Way.Uncommitted, prover);
        } else if (_kind == Lie.Withheld && time >= (end == 0 ? r.finalAt : end)) {
            _demand(Node(Tree(_withheld), 0, 0, 0), prover, 0);
        }
    }

    /* -------------------------------------------- VIEWS ------------------------------------------- */

    /// @notice ETH that the court holds for demands which are not released.
    function heldFees() external view returns (uint256 sum) {
        for (uint256 i; i < _asked.length; ++i) {
            (,,, uint256 fee) = court.demandOf(fid, _asked[i].settlement, _asked[i].node);
            sum += fee;
        }
    }

    /// @notice ETH that is booked for anybody.
    function owedEther() external view returns (uint256 sum) {
        sum = court.owedTo(BURN_ADDRESS) + court.owedTo(prover);
        for (uint256 i; i < operators.length; ++i) {
            sum += court.owedTo(operators[i]);
        }
    }

    /// @notice ETH of everybody and everything, and how much there was.
    function allEther() external view returns (uint256 sum, uint256 expected) {
        sum = address(court).balance + BURN_ADDRESS.balance + prover.balance;
        for (uint256 i; i < operators.length; ++i) {
            sum += operators[i].balance;
        }
        expected = (operators.length + 1) * ETHER_EACH;
    }

    /// @notice The last final model, as it must be.
    function finalModel() external view returns (bytes32) {
        return Trees.root(oldModel);
    }

    /// @notice Ends a live round by time and pokes alone; returns how many pokes it took.
    function endByPokes() external returns (uint256 pokes) {
        uint256 round = _federation().round;
        for (; pokes < 8 && _federation().live && _federation().round == round; ++pokes) {
            vm.warp(vm.getBlockTimestamp() + 1000);
            vm.roll(vm.getBlockNumber() + 300);
            (bool found, uint256 i) = _openFrom(0);
            if (found) _expire(i);
            else coordinator.advance(fid, _isPosted() ? posted : noHeader());
        }
    }
}
