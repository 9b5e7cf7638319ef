// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Convictions} from "./Convictions.sol";
import {IDisputes, Node, Tree} from "./interfaces/IDisputes.sol";
import {Header, Policy} from "./interfaces/ParleyTypes.sol";
import {Disproof} from "./libraries/Disproof.sol";
import {RoundWord} from "./libraries/RoundState.sol";
import {Scoring} from "./libraries/Scoring.sol";
import {WordTree} from "./libraries/WordTree.sol";

/// @title Demands
/// @notice Data availability: what is demanded must be supplied, or the settlement falls (P-22). See {IDisputes}.
abstract contract Demands is Convictions {
    /// @dev A demand. Until it is supplied `pay` is 0 and `supplier` nobody.
    struct Demand {
        bytes32 hash;
        address demander;
        uint40 deadline;
        uint16 size;
        uint8 step;
        bool leaf;
        address supplier;
        uint96 fee;
        uint96 pay;
    }

    /// @dev The demands on one settlement, one slot. `demanded` and `supplied` have a bit for each step.
    struct Docket {
        uint32 open;
        uint32 challengeEnd;
        uint24 supply;
        uint24 challenge;
        uint8 demanded;
        uint8 supplied;
        bool convicted;
    }

    /// @dev What is known of a demanded node before it is proven to be one.
    struct Place {
        bytes32 root;
        uint256 size;
        bool leaf;
    }

    address private constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;
    /// @dev Levels between a node and what is supplied for it.
    uint256 private constant STRIDE = 8;
    /// @dev What an answer of 256 nodes costs, with a margin for its priority fee.
    uint256 private constant SUPPLY_GAS = 450_000;
    /// @dev Open demands for each doubling of the fee, and the most doublings; nobody can pay the last ones.
    uint256 private constant DOUBLING = 32;
    uint256 private constant MAX_DOUBLINGS = 96;

    /// @notice Least fee of a demand, and least pay of a supplier that the fee covers, in wei.
    uint256 public immutable feeFloor;

    mapping(bytes32 key => Demand) private _demands;
    mapping(uint256 fid => mapping(bytes32 settlement => Docket)) private _dockets;
    /// @inheritdoc IDisputes
    mapping(address account => uint256) public owedTo;

    /// @param feeFloor_ Least fee of a demand, wei.
    constructor(uint256 feeFloor_) {
        feeFloor = feeFloor_;
    }

    /* ------------------------------------------- DEMAND ------------------------------------------- */

    /// @inheritdoc IDisputes
    function demand(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        Node calldata node,
        bytes32 hash,
        bytes32[] calldata path
    ) external payable {
        (RoundWord w, bytes32 settlement) = _contestable(fid, header);
        Place memory place = _place(fid, w, header, medians, node);
        _requireNode(place.root, node, hash, path);
        Demand storage d = _demands[_key(fid, settlement, node)];
        if (d.demander != address(0)) revert Disputes_AlreadyDemanded(node);
        uint256 fee = demandFee(fid, settlement, block.basefee);
        if (msg.value < fee || fee > type(uint96).max) revert Disputes_FeeTooSmall(msg.value, fee);
        uint256 step = (uint256(node.level) + STRIDE - 1) / STRIDE;
        uint256 deadline = block.timestamp + _enter(fid, w, settlement, step);
        (d.hash, d.demander, d.deadline) = (hash, msg.sender, uint40(deadline));
        (d.size, d.step, d.leaf, d.fee) = (uint16(place.size), uint8(step), place.leaf, uint96(fee));
        emit Demanded(fid, settlement, msg.sender, node, hash, deadline, fee);
        if (msg.value > fee) _send(msg.sender, msg.value - fee);
    }

    /// @dev Counts an open demand, in time for its step, and puts off the end of the challenge.
    /// @return window Seconds to answer it.
    function _enter(uint256 fid, RoundWord w, bytes32 settlement, uint256 step) private returns (uint256 window) {
        Docket memory docket = _dockets[fid][settlement];
        if (docket.challengeEnd == 0) {
            Policy memory p = federationRegistry.policyOf(fid, w.version());
            // nobody has put it off yet, so this is E_0
            (docket.challengeEnd, docket.supply, docket.challenge) = (uint32(w.finalAt()), p.supply, p.challenge);
        }
        uint256 end = _endOf(docket, step);
        if (block.timestamp >= end) revert Disputes_TooLate(block.timestamp, end);
        window = docket.supply;
        bool first = docket.demanded >> step & 1 == 0;
        if (first) docket.demanded |= uint8(1 << step);
        if (++docket.open == 1 || first) coordinator.postpone(fid, first ? end + window : 0, true);
        _dockets[fid][settlement] = docket;
    }

    /// @dev E_t: until when nodes of a step may be demanded.
    function _endOf(Docket memory docket, uint256 step) private pure returns (uint256) {
        return docket.challengeEnd + step * (uint256(docket.supply) + docket.challenge);
    }

    /// @dev The root, and what must be supplied: the row of a leaf of the rows' tree, else the descendants up to eight
    /// levels down. Leaves of the other trees are supplied with the nodes above them.
    function _place(uint256 fid, RoundWord w, Header calldata header, bytes calldata medians, Node calldata node)
        private
        view
        returns (Place memory place)
    {
        uint256 depth;
        (place.root, depth) = _treeOf(fid, w, header, medians, node);
        place.leaf = node.tree == Tree.Row && node.level == depth;
        bool inside = node.level < depth && node.level % STRIDE == 0;
        if (!place.leaf && !inside) revert Disputes_NodeInvalid(node);
        if (place.leaf) {
            _requireMedians(header, medians);
            place.size = Disproof.rowLength(Scoring.includedCount(medians));
        } else {
            uint256 below = depth - node.level;
            place.size = 32 << (below < STRIDE ? below : STRIDE);
        }
    }

    /// @dev Root and depth of a tree of the settlement.
    function _treeOf(uint256 fid, RoundWord w, Header calldata header, bytes calldata medians, Node calldata node)
        private
        view
        returns (bytes32 root, uint256 depth)
    {
        if (node.tree != Tree.Update && node.update != 0) revert Disputes_NodeInvalid(node);
        if (node.tree == Tree.Reward) return (header.rewardRoot, federationRegistry.termsOf(fid).rewardDepth);
        (uint256 params,,,) = federationRegistry.arithmeticOf(fid, w.version());
        depth = WordTree.depth(WordTree.wordsFor(params));
        if (node.tree == Tree.Row) return (header.rowRoot, depth);
        if (node.tree == Tree.Model) return (header.modelRoot, depth);
        _requireMedians(header, medians);
        bool included = node.update < w.revealed() && Scoring.medianEntry(medians, node.update) >> 16 != 0;
        if (!included) revert Disputes_NodeInvalid(node);
        return (coordinator.updateRoot(fid, node.update), depth);
    }

    /// @inheritdoc IDisputes
    function demandFee(uint256 fid, bytes32 settlement, uint256 baseFee) public view returns (uint256 fee) {
        uint256 doublings = _dockets[fid][settlement].open / DOUBLING;
        return _gasCost(baseFee) << (doublings < MAX_DOUBLINGS ? doublings : MAX_DOUBLINGS);
    }

    /// @dev What an answer costs at a base fee, wei.
    function _gasCost(uint256 baseFee) private view returns (uint256 cost) {
        cost = SUPPLY_GAS * baseFee;
        if (cost < feeFloor) cost = feeFloor;
    }

    /* ------------------------------------------- SUPPLY ------------------------------------------- */

    /// @inheritdoc IDisputes
    function supply(uint256 fid, Node calldata node, bytes calldata content) external {
        (RoundWord w, bytes32 settlement) = _current(fid);
        Demand storage d = _open(fid, settlement, node);
        if (block.timestamp >= d.deadline) revert Disputes_TooLate(block.timestamp, d.deadline);
        if (content.length != d.size) revert Disputes_ContentLength(content.length, d.size);
        bytes32 hash = d.leaf ? WordTree.rowLeaf(content) : WordTree.foldWords(content);
        if (hash != d.hash) revert Disputes_ContentMismatch(d.hash, hash);
        uint256 cost = _gasCost(block.basefee);
        (d.supplier, d.pay) = (msg.sender, cost < d.fee ? uint96(cost) : d.fee);
        _answer(fid, w, settlement, d.step);
        emit Supplied(fid, settlement, msg.sender, node, content);
    }

    /// @dev Counts an answered demand, and puts off the end of the challenge for the next step.
    function _answer(uint256 fid, RoundWord w, bytes32 settlement, uint256 step) private {
        Docket memory docket = _dockets[fid][settlement];
        bool first = docket.supplied >> step & 1 == 0;
        if (first) docket.supplied |= uint8(1 << step);
        bool contested = --docket.open != 0;
        _dockets[fid][settlement] = docket;
        uint256 end = first ? _endOf(docket, step + 1) : 0;
        if (end > w.finalAt() || !contested) coordinator.postpone(fid, end, contested);
    }

    /// @inheritdoc IDisputes
    function expire(uint256 fid, Header calldata header, Node calldata node) external {
        (RoundWord w, bytes32 settlement) = _posted(fid, header);
        Demand storage d = _open(fid, settlement, node);
        if (block.timestamp < d.deadline) revert Disputes_TooEarly(block.timestamp, d.deadline);
        _convict(fid, header, w, settlement, d.demander);
    }

    /// @dev A demand that nobody answered.
    function _open(uint256 fid, bytes32 settlement, Node calldata node) private view returns (Demand storage d) {
        d = _demands[_key(fid, settlement, node)];
        if (d.demander == address(0)) revert Disputes_Undemanded(node);
        if (d.supplier != address(0)) revert Disputes_AlreadySupplied(d.supplier);
    }

    /* -------------------------------------------- FEES -------------------------------------------- */

    /// @inheritdoc IDisputes
    function release(uint256 fid, bytes32 settlement, Node calldata node) external {
        bytes32 key = _key(fid, settlement, node);
        Demand memory d = _demands[key];
        if (d.demander == address(0)) revert Disputes_Undemanded(node);
        bool convicted = _dockets[fid][settlement].convicted;
        if (!convicted) {
            (, bytes32 posted) = _current(fid);
            if (posted == settlement) revert Disputes_OutcomeOpen(settlement);
        }
        // what is final had every demand answered
        (address to, uint256 paid) = convicted ? (d.demander, d.fee) : (d.supplier, d.pay);
        delete _demands[key];
        owedTo[to] += paid;
        owedTo[BURN_ADDRESS] += d.fee - paid;
        emit Released(fid, settlement, to, node, paid);
    }

    /// @inheritdoc IDisputes
    function pay(address account) external {
        uint256 amount = owedTo[account];
        if (amount == 0) revert Disputes_NothingToPay(account);
        owedTo[account] = 0;
        emit Paid(account, amount);
        _send(account, amount);
    }

    /// @dev Last of all, so that nothing can be done twice by calling back.
    function _send(address account, uint256 amount) private {
        (bool sent,) = account.call{value: amount}("");
        if (!sent) revert Disputes_PaymentFailed(account, amount);
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IDisputes
    function demandOf(uint256 fid, bytes32 settlement, Node calldata node)
        external
        view
        returns (address demander, uint256 deadline, address supplier, uint256 fee)
    {
        Demand storage d = _demands[_key(fid, settlement, node)];
        return (d.demander, d.deadline, d.supplier, d.fee);
    }

    /// @inheritdoc IDisputes
    function docketOf(uint256 fid, bytes32 settlement)
        external
        view
        returns (uint256 open, uint256 challengeEnd, bool convicted)
    {
        Docket storage docket = _dockets[fid][settlement];
        return (docket.open, docket.challengeEnd, docket.convicted);
    }

    /* ------------------------------------------ INTERNAL ------------------------------------------ */

    /// @inheritdoc Convictions
    function _closeDocket(uint256 fid, bytes32 settlement) internal override {
        _dockets[fid][settlement].convicted = true;
    }

    /// @dev Reverts unless these are the settlement's medians.
    function _requireMedians(Header calldata header, bytes calldata medians) internal pure {
        bytes32 hash = keccak256(medians);
        if (hash != header.mediansHash) revert Disputes_MediansMismatch(header.mediansHash, hash);
    }

    function _requireNode(bytes32 root, Node calldata node, bytes32 hash, bytes32[] calldata path) private pure {
        if (!WordTree.verify(root, hash, node.index, path, node.level)) {
            revert Disputes_NotUnderRoot(root, node.index);
        }
    }

    function _key(uint256 fid, bytes32 settlement, Node calldata node) private pure returns (bytes32) {
        return keccak256(abi.encode(fid, settlement, node));
    }
}
