// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes, Node, Tree} from "../../contracts/interfaces/IDisputes.sol";
import {IRoundCoordinator} from "../../contracts/interfaces/IRoundCoordinator.sol";
import {Header, Phase, Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {DisputesBase, Work} from "./utils/DisputesBase.sol";
import {Trees} from "./utils/Trees.sol";

/// @title DemandsTest
/// @notice What is demanded is supplied, or the settlement falls; demands cost who makes them, and end (P-22).
contract DemandsTest is DisputesBase {
    address internal constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    address internal aggregator;
    address internal demander = makeAddr("demander");
    Work internal right;
    Header internal header;
    uint256 internal challengeEnd;

    function setUp() public {
        setUpDispute(Rule.TrimmedMean);
        aggregator = aggregatorOf(0);
        right = honest(aggregator);
        vm.deal(demander, 100 ether);
        _post(right);
    }

    function _post(Work memory w) internal {
        header = post(aggregator, w);
        challengeEnd = lens.roundOf(fid).finalAt;
    }

    /* ------------------------------------------- TREES -------------------------------------------- */

    /// @dev P-22: the root of every tree, and a row; each answered at once, and the settlement becomes final.
    function test_P22_EveryTreeIsDemandedAndSupplied() external {
        Work memory w = right;
        bytes32[] memory update = wordsOf("update", trainers[1], current());
        _demandAndSupply(Node(Tree.Row, 0, 0, 0), rowLeaves(w));
        _demandAndSupply(Node(Tree.Model, 0, 0, 0), w.next);
        _demandAndSupply(Node(Tree.Reward, 0, 0, 0), w.rewards);
        _demandAndSupply(Node(Tree.Update, 1, 0, 0), update);
        for (uint32 j; j < 1 << DEPTH; ++j) {
            Node memory row = Node(Tree.Row, 0, uint8(DEPTH), j);
            _demand(row, rowLeaves(w));
            _supply(row, w.rows[j]);
        }
        (uint256 open, uint256 end, bool convicted) = court.docketOf(fid, hashOf(header));
        assertEq(open, 0);
        assertEq(end, challengeEnd);
        assertFalse(convicted);
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        assertEq(lens.roundOf(fid).round, 3);
    }

    function _demandAndSupply(Node memory node, bytes32[] memory leaves) internal {
        _demand(node, leaves);
        assertPhase(Phase.Challenge);
        _supply(node, Trees.below(leaves, 0, 0, Trees.depth(leaves)));
    }

    /// @dev P-22: leaves are hashes of hashes where the tree has no content of its own; only rows have a leaf to demand.
    function test_RevertWhen_NodeIsNone() external {
        Work memory w = right;
        _refuse(Node(Tree.Row, 0, 1, 0), rowLeaves(w), 1);
        _refuse(Node(Tree.Row, 0, 8, 0), rowLeaves(w), 3);
        _refuse(Node(Tree.Row, 1, 0, 0), rowLeaves(w), 0);
        _refuse(Node(Tree.Model, 0, uint8(DEPTH), 0), w.next, 3);
        _refuse(Node(Tree.Reward, 0, uint8(REWARD_DEPTH), 0), w.rewards, 4);
        bytes32[] memory unfit = wordsOf("update", trainers[UNFIT], current());
        _refuse(Node(Tree.Update, uint16(UNFIT), 0, 0), unfit, 0);
        _refuse(Node(Tree.Update, uint16(trainers.length), 0, 0), unfit, 0);
        _refuse(Node(Tree.Update, 1, uint8(DEPTH), 0), unfit, 3);
    }

    function _refuse(Node memory node, bytes32[] memory leaves, uint256 level) internal {
        bytes memory data = abi.encodeCall(
            court.demand, (fid, header, right.medians, node, Trees.node(leaves, level, 0), Trees.path(leaves, level, 0))
        );
        (bool done, bytes memory answer) = _sendValue(data, 1 ether);
        assertFalse(done);
        assertEq(answer, abi.encodeWithSelector(IDisputes.Disputes_NodeInvalid.selector, node));
    }

    function test_RevertWhen_NodeIsNotUnderTheRoot() external {
        bytes32[] memory leaves = rowLeaves(right);
        bytes4 refusal = IDisputes.Disputes_NotUnderRoot.selector;
        bytes32[] memory none = new bytes32[](0);
        Node memory root = Node(Tree.Row, 0, 0, 0);
        _refuseDemand(root, keccak256("other"), none, refusal);
        _refuseDemand(Node(Tree.Row, 0, 0, 1), Trees.root(leaves), none, refusal);
        _refuseDemand(Node(Tree.Model, 0, 0, 0), Trees.root(leaves), none, refusal);
        _refuseDemand(Node(Tree.Row, 0, 3, 2), leaves[3], Trees.path(leaves, 3), refusal);
        _refuseDemand(Node(Tree.Row, 0, 3, 3 + 8), leaves[3], Trees.path(leaves, 3), refusal);
        _refuseDemand(Node(Tree.Row, 0, 3, 0), Trees.node(leaves, 2, 0), Trees.path(leaves, 2, 0), refusal);
        bytes memory data = abi.encodeCall(court.demand, (fid, header, "", Node(Tree.Row, 0, 3, 3), leaves[3], none));
        (bool done, bytes memory answer) = _sendValue(data, 1 ether);
        assertFalse(done);
        assertEq(bytes4(answer), IDisputes.Disputes_MediansMismatch.selector);
    }

    function _refuseDemand(Node memory node, bytes32 hash, bytes32[] memory path, bytes4 refusal) internal {
        (bool done, bytes memory answer) =
            _sendValue(abi.encodeCall(court.demand, (fid, header, right.medians, node, hash, path)), 1 ether);
        assertFalse(done);
        assertEq(bytes4(answer), refusal);
    }

    /// @dev P-22: each node once, also after it was supplied.
    function test_RevertWhen_DemandedBefore() external {
        Node memory root = Node(Tree.Model, 0, 0, 0);
        bytes32[] memory none = new bytes32[](0);
        _demand(root, right.next);
        _refuseDemand(root, header.modelRoot, none, IDisputes.Disputes_AlreadyDemanded.selector);
        _supply(root, Trees.below(right.next, 0, 0, DEPTH));
        _refuseDemand(root, header.modelRoot, none, IDisputes.Disputes_AlreadyDemanded.selector);
    }

    /* ------------------------------------------- SUPPLY ------------------------------------------- */

    function test_RevertWhen_ContentIsWrong() external {
        Node memory root = Node(Tree.Model, 0, 0, 0);
        bytes memory content = Trees.below(right.next, 0, 0, DEPTH);
        _refuseSupply(root, content, IDisputes.Disputes_Undemanded.selector);
        _demand(root, right.next);
        bytes memory other = bytes.concat(content);
        other[40] ^= 0x01;
        _refuseSupply(root, other, IDisputes.Disputes_ContentMismatch.selector);
        bytes memory short = Trees.below(right.next, 0, 0, DEPTH - 1); // hashes up to the root as well
        _refuseSupply(root, short, IDisputes.Disputes_ContentLength.selector);
        _refuseSupply(root, "", IDisputes.Disputes_ContentLength.selector);
        _supply(root, content);
        _refuseSupply(root, content, IDisputes.Disputes_AlreadySupplied.selector);
    }

    /// @dev P-22: a row must have exactly its length. One that was committed with another cannot be supplied, and convicts.
    function test_P22_RowOfWrongLengthCannotBeSupplied() external {
        _convictSomehow();
        Work memory w = honest(aggregatorOf(1));
        w.rows[5] = bytes.concat(w.rows[5], bytes32(0));
        aggregator = aggregatorOf(1);
        _post(w);
        Node memory leaf = Node(Tree.Row, 0, 3, 5);
        _demand(leaf, rowLeaves(w));
        _refuseSupply(leaf, w.rows[5], IDisputes.Disputes_ContentLength.selector);
        vm.warp(vm.getBlockTimestamp() + 6);
        court.expire(fid, header, leaf);
        assertEq(lens.settlementHash(fid), 0);
    }

    function _refuseSupply(Node memory node, bytes memory content, bytes4 refusal) internal {
        vm.prank(aggregator);
        (bool done, bytes memory answer) = address(court).call(abi.encodeCall(court.supply, (fid, node, content)));
        assertFalse(done);
        assertEq(bytes4(answer), refusal);
    }

    /* -------------------------------------------- TIME -------------------------------------------- */

    /// @dev P-22, F-40: until the second before the deadline it may be supplied, from the deadline on it convicts.
    function test_P22_DeadlineIsTheEndOfSupplyAndTheStartOfExpiry() external {
        Node memory root = Node(Tree.Model, 0, 0, 0);
        _demand(root, right.next);
        (, uint256 deadline,,) = court.demandOf(fid, hashOf(header), root);
        assertEq(deadline, vm.getBlockTimestamp() + 6);
        vm.warp(deadline - 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_TooEarly.selector, deadline - 1, deadline));
        court.expire(fid, header, root);
        uint256 state = vm.snapshotState();
        _supply(root, Trees.below(right.next, 0, 0, DEPTH));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_AlreadySupplied.selector, aggregator));
        court.expire(fid, header, root);
        vm.revertToState(state);
        vm.warp(deadline);
        _refuseSupply(root, Trees.below(right.next, 0, 0, DEPTH), IDisputes.Disputes_TooLate.selector);
        _expire(root);
    }

    /// @dev P-22, F-25: an open demand keeps the settlement from being final, until anybody has it convicted; what else is wrong
    /// with it is no longer asked then.
    function test_P22_AdvanceWaitsForOpenDemands() external {
        _convictSomehow();
        Work memory w = honest(aggregatorOf(1));
        aggregator = aggregatorOf(1);
        w.norm += 1;
        _post(w);
        Node memory root = Node(Tree.Model, 0, 0, 0);
        _demand(root, w.next);
        bytes memory data = medianCall(header, w, trainers.length);
        vm.warp(lens.roundOf(fid).finalAt);
        assertPhase(Phase.Challenge);
        assertRefused(data, IDisputes.Disputes_TooLate.selector);
        bytes memory waits =
            abi.encodeWithSelector(IRoundCoordinator.RoundCoordinator_WrongPhase.selector, Phase.Challenge);
        vm.expectRevert(waits);
        coordinator.advance(fid, header);
        _refuseDemand(
            Node(Tree.Reward, 0, 0, 0), header.rewardRoot, new bytes32[](0), IDisputes.Disputes_TooLate.selector
        );
        vm.warp(vm.getBlockTimestamp() + 3 * 365 days);
        vm.expectRevert(waits);
        coordinator.advance(fid, header);
        _expire(root);
        vm.warp(vm.getBlockTimestamp() + 1);
        assertPhase(Phase.Voidable);
        coordinator.advance(fid, header);
        assertEq(lens.roundOf(fid).round, 3, "no state lasts for ever");
    }

    /// @dev P-22: the first demand of step 0 puts the end off to E_0 + supply, the first answer to E_1; a row here is step 1.
    function test_P22_Schedule() external {
        Work memory w = right;
        uint256 end = challengeEnd;
        _demand(Node(Tree.Model, 0, 0, 0), w.next);
        assertEq(lens.roundOf(fid).finalAt, end + 6);
        _demand(Node(Tree.Reward, 0, 0, 0), w.rewards);
        assertEq(lens.roundOf(fid).finalAt, end + 6, "once a step");
        _supply(Node(Tree.Model, 0, 0, 0), Trees.below(w.next, 0, 0, DEPTH));
        assertEq(lens.roundOf(fid).finalAt, end + 12, "E_1");
        vm.warp(end - 1);
        _demand(Node(Tree.Row, 0, 0, 0), rowLeaves(w));
        vm.warp(end);
        _refuseDemand(
            Node(Tree.Update, 0, 0, 0),
            Trees.root(wordsOf("update", trainers[0], 2)),
            new bytes32[](0),
            IDisputes.Disputes_TooLate.selector
        );
        vm.warp(end + 1);
        _supply(Node(Tree.Row, 0, 0, 0), Trees.below(rowLeaves(w), 0, 0, DEPTH));
        vm.warp(end + 11);
        Node memory leaf = Node(Tree.Row, 0, 3, 6);
        _demand(leaf, rowLeaves(w));
        assertEq(lens.roundOf(fid).finalAt, end + 18, "E_1 + supply");
        _supply(leaf, w.rows[6]);
        assertEq(lens.roundOf(fid).finalAt, end + 24, "E_2");
        vm.warp(end + 12);
        _refuseDemand(
            Node(Tree.Row, 0, 3, 7), rowLeaves(w)[7], Trees.path(rowLeaves(w), 7), IDisputes.Disputes_TooLate.selector
        );
    }

    /// @dev P-22: before any answer, deeper nodes can be demanded while the settlement is not final only.
    function test_P22_DeeperStepNeedsASettlementThatIsNotFinal() external {
        Node memory leaf = Node(Tree.Row, 0, 3, 7);
        vm.warp(challengeEnd);
        _refuseDemand(leaf, rowLeaves(right)[7], Trees.path(rowLeaves(right), 7), IDisputes.Disputes_TooLate.selector);
        vm.warp(challengeEnd - 1);
        _demand(leaf, rowLeaves(right));
        assertEq(lens.roundOf(fid).finalAt, challengeEnd + 18, "E_1 + supply");
    }

    /* --------------------------------------------- FEES ------------------------------------------- */

    /// @dev P-22, F-39: 450,000 gas at the base fee, at least the floor, doubled with every 32 open demands.
    function test_P22_FeeDoublesWithOpenDemands() external {
        bytes32 settlement = hashOf(header);
        assertEq(court.demandFee(fid, settlement, 0), FEE_FLOOR);
        assertEq(court.demandFee(fid, settlement, 1 gwei), 450_000 gwei);
        vm.store(address(court), _docketSlot(settlement), bytes32(uint256(31)));
        assertEq(court.demandFee(fid, settlement, 1 gwei), 450_000 gwei);
        vm.store(address(court), _docketSlot(settlement), bytes32(uint256(32)));
        assertEq(court.demandFee(fid, settlement, 1 gwei), 900_000 gwei);
        vm.store(address(court), _docketSlot(settlement), bytes32(uint256(32 * 10)));
        assertEq(court.demandFee(fid, settlement, 0), FEE_FLOOR << 10);
        vm.store(address(court), _docketSlot(settlement), bytes32(uint256(type(uint32).max)));
        assertEq(court.demandFee(fid, settlement, 0), FEE_FLOOR << 96);
    }

    /// @dev Where the docket lies: `_dockets[fid][settlement]`, whose lowest 32 bits are the open demands.
    function _docketSlot(bytes32 settlement) internal returns (bytes32 slot) {
        for (uint256 i; i < 8; ++i) {
            slot = keccak256(abi.encode(settlement, keccak256(abi.encode(fid, i))));
            uint256 state = vm.snapshotState();
            vm.store(address(court), slot, bytes32(uint256(7)));
            (uint256 open,,) = court.docketOf(fid, settlement);
            vm.revertToState(state);
            if (open == 7) return slot;
        }
        revert("no docket");
    }

    function test_RevertWhen_FeeIsTooSmall() external {
        vm.fee(1 gwei);
        uint256 fee = 450_000 gwei;
        bytes memory data = abi.encodeCall(
            court.demand, (fid, header, "", Node(Tree.Model, 0, 0, 0), header.modelRoot, new bytes32[](0))
        );
        (bool done, bytes memory answer) = _sendValue(data, fee - 1);
        assertFalse(done);
        assertEq(answer, abi.encodeWithSelector(IDisputes.Disputes_FeeTooSmall.selector, fee - 1, fee));
        (done,) = _sendValue(data, fee + 5);
        assertTrue(done);
        assertEq(demander.balance, 100 ether - fee, "the excess is back");
        assertEq(address(court).balance, fee);
    }

    /// @dev P-22, F-39: once final, the supplier gets the gas at the base fee of its block, at most the fee; the rest is
    /// burned.
    function test_P22_SupplierIsPaidAndSurplusBurned() external {
        uint64[3] memory later = [uint64(0.5 gwei), 1 gwei, 3 gwei];
        uint256[3] memory paid = [uint256(225_000 gwei), 450_000 gwei, 450_000 gwei];
        for (uint256 i; i < 3; ++i) {
            uint256 state = vm.snapshotState();
            vm.fee(1 gwei);
            Node memory root = Node(Tree.Model, 0, 0, 0);
            _demand(root, right.next);
            vm.fee(later[i]);
            _supply(root, Trees.below(right.next, 0, 0, DEPTH));
            bytes32 settlement = hashOf(header);
            vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_OutcomeOpen.selector, settlement));
            court.release(fid, settlement, root);
            vm.warp(lens.roundOf(fid).finalAt);
            vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_OutcomeOpen.selector, settlement));
            court.release(fid, settlement, root);
            coordinator.advance(fid, header);
            court.release(fid, settlement, root);
            assertEq(court.owedTo(aggregator), paid[i]);
            assertEq(court.owedTo(BURN_ADDRESS), 450_000 gwei - paid[i]);
            vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_Undemanded.selector, root));
            court.release(fid, settlement, root);
            uint256 before = aggregator.balance;
            court.pay(aggregator);
            assertEq(aggregator.balance, before + paid[i]);
            if (paid[i] != 450_000 gwei) court.pay(BURN_ADDRESS);
            assertEq(address(court).balance, 0, "all of it is gone");
            vm.revertToState(state);
        }
    }

    /// @dev P-22: after a conviction demanders get all back, of answered demands as of open ones; suppliers nothing.
    function test_P22_AllIsRefundedOnConviction() external {
        Node memory answered = Node(Tree.Model, 0, 0, 0);
        Node memory silent = Node(Tree.Reward, 0, 0, 0);
        _demand(answered, right.next);
        _supply(answered, Trees.below(right.next, 0, 0, DEPTH));
        _demand(silent, right.rewards);
        bytes32 settlement = hashOf(header);
        vm.warp(vm.getBlockTimestamp() + 6);
        _expire(silent);
        (,, bool convicted) = court.docketOf(fid, settlement);
        assertTrue(convicted);
        court.release(fid, settlement, answered);
        court.release(fid, settlement, silent);
        assertEq(court.owedTo(aggregator), 0);
        court.pay(demander);
        assertEq(demander.balance, 100 ether);
        assertEq(address(court).balance, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_NothingToPay.selector, demander));
        court.pay(demander);
    }

    /// @dev P-22: all is refunded where a disproof convicts, too.
    function test_P22_AllIsRefundedOnDisproof() external {
        _convictSomehow();
        Work memory w = honest(aggregatorOf(1));
        aggregator = aggregatorOf(1);
        w.norm += 1;
        _post(w);
        Node memory root = Node(Tree.Model, 0, 0, 0);
        _demand(root, w.next);
        bytes32 settlement = hashOf(header);
        assertConvicts(header, medianCall(header, w, trainers.length));
        _refuseSupply(root, Trees.below(w.next, 0, 0, DEPTH), IDisputes.Disputes_Undemanded.selector);
        court.release(fid, settlement, root);
        assertEq(court.owedTo(demander), FEE_FLOOR);
    }

    /// @dev P-22, F-25: a conviction by disproof while a demand is open leaves nothing of the demand behind: the next settlement
    /// is final after its challenge alone; without one the round is void, and the fee is still the demander's.
    function test_P22_NothingOfAConvictionIsLeftBehind() external {
        Work memory w = right;
        _convictSomehow();
        (w, aggregator) = (honest(aggregatorOf(1)), aggregatorOf(1));
        w.norm += 1;
        _post(w);
        Node memory root = Node(Tree.Row, 0, 0, 0);
        _demand(root, rowLeaves(w));
        bytes32 settlement = hashOf(header);
        assertConvicts(header, medianCall(header, w, trainers.length));
        uint256 state = vm.snapshotState();
        (w, aggregator) = (honest(aggregatorOf(2)), aggregatorOf(2));
        _post(w);
        (uint256 open, uint256 end,) = court.docketOf(fid, hashOf(header));
        assertEq(open + end, 0, "no docket");
        vm.warp(challengeEnd);
        coordinator.advance(fid, header);
        assertEq(lens.roundOf(fid).round, 3);
        vm.revertToState(state);
        vm.warp(vm.getBlockTimestamp() + 5 * 12);
        vm.expectEmit(address(coordinator));
        emit IRoundCoordinator.RoundVoided(fid, 2);
        coordinator.advance(fid, noHeader());
        court.release(fid, settlement, root);
        assertEq(court.owedTo(demander), FEE_FLOOR);
    }

    /// @dev F-5: calling back while being paid pays nothing twice.
    function test_PayingACallerThatCallsBack() external {
        Caller caller = new Caller(court);
        vm.deal(address(caller), 1 ether);
        Node memory root = Node(Tree.Model, 0, 0, 0);
        bytes memory data = abi.encodeCall(court.demand, (fid, header, "", root, header.modelRoot, new bytes32[](0)));
        caller.send(data, 1 ether);
        assertEq(address(caller).balance, 1 ether - FEE_FLOOR);
        assertEq(address(court).balance, FEE_FLOOR);
        bytes32 settlement = hashOf(header);
        vm.warp(vm.getBlockTimestamp() + 6);
        court.expire(fid, header, root);
        court.release(fid, settlement, root);
        court.pay(address(caller));
        assertEq(address(caller).balance, 1 ether);
        assertGt(caller.callbacks(), 1);
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _demand(Node memory node, bytes32[] memory leaves) internal {
        bytes32 hash = Trees.node(leaves, node.level, node.index);
        bytes32[] memory path = Trees.path(leaves, node.level, node.index);
        uint256 fee = court.demandFee(fid, hashOf(header), block.basefee);
        bool needed = node.tree == Tree.Update || node.level == DEPTH;
        bytes memory medians = needed ? right.medians : bytes("");
        vm.expectEmit(address(court));
        emit IDisputes.Demanded(fid, hashOf(header), demander, node, hash, vm.getBlockTimestamp() + 6, fee);
        vm.prank(demander);
        court.demand{value: fee}(fid, header, medians, node, hash, path);
    }

    function _supply(Node memory node, bytes memory content) internal {
        vm.expectEmit(address(court));
        emit IDisputes.Supplied(fid, hashOf(header), aggregator, node, content);
        vm.prank(aggregator);
        court.supply(fid, node, content);
    }

    /// @dev Anyone may say that time is up; the demander gets half of the bond.
    function _expire(Node memory node) internal {
        (uint256 free,) = stakeVault.accountOf(address(token), demander);
        (, uint256 locked) = stakeVault.accountOf(address(token), aggregator);
        uint256 bond = federationRegistry.policyOf(fid, 1).bond;
        court.expire(fid, header, node);
        (uint256 freeAfter,) = stakeVault.accountOf(address(token), demander);
        (, uint256 lockedAfter) = stakeVault.accountOf(address(token), aggregator);
        assertEq(freeAfter, free + bond / 2);
        assertEq(lockedAfter, locked - bond);
        assertEq(lens.settlementHash(fid), 0);
    }

    function _sendValue(bytes memory data, uint256 value) internal returns (bool done, bytes memory answer) {
        vm.prank(demander);
        (done, answer) = address(court).call{value: value}(data);
    }

    /// @dev Makes room for the next aggregator's settlement.
    function _convictSomehow() internal {
        Node memory root = Node(Tree.Update, 0, 0, 0);
        _demand(root, wordsOf("update", trainers[0], current()));
        vm.warp(vm.getBlockTimestamp() + 6);
        court.expire(fid, header, root);
        tick();
    }
}

/// @notice Demands, and calls back whenever it is paid.
contract Caller {
    IDisputes internal immutable court;
    uint256 public callbacks;

    constructor(IDisputes court_) {
        court = court_;
    }

    function send(bytes memory data, uint256 value) external {
        (bool done,) = address(court).call{value: value}(data);
        require(done);
    }

    receive() external payable {
        ++callbacks;
        try court.pay(address(this)) {
            revert("paid twice");
        } catch {}
    }
}
