// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FederationView, MemberView, Phase, RoundView} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Signatures} from "../mocks/Signatures.sol";
import {Trees} from "../utils/Trees.sol";
import {CourtState} from "./CourtState.sol";

/// @notice Members, money and rounds up to the settlement; what is not about lies.
abstract contract CourtRounds is CourtState {
    uint256 private _workers;

    /* -------------------------------------------- TIME -------------------------------------------- */

    function passTime(uint256 seed) external step("passTime") {
        _pass(seed % 3 == 0 ? bound(seed, 1, 40) : bound(seed, 1, 6));
    }

    /// @notice A member does one of the things that are its own affair.
    function beAMember(uint256 what, uint256 who, uint256 x) external {
        what = what % 5;
        if (what == 0) quit(who, x);
        else if (what == 1) unbond(who);
        else if (what == 2) comeBack(who);
        else if (what == 3) rotateKey(who);
        else withdrawStake(who, x);
    }

    /* ------------------------------------------ MEMBERSHIP ---------------------------------------- */

    function quit(uint256 who, uint256 often) public step("quit") {
        address operator = _operator(who);
        MemberView memory m = _member(operator);
        if (often % 4 != 0 || m.roles == 0 || m.until != type(uint24).max) return;
        vm.prank(operator);
        coordinator.leaveFederation(fid);
    }

    function unbond(uint256 who) public step("unbond") {
        address operator = _operator(who);
        MemberView memory m = _member(operator);
        FederationView memory f = _federation();
        bool passed = m.until < f.round || (m.until == f.round && !f.live);
        if (m.roles == 0 || m.until == type(uint24).max || !passed) return;
        coordinator.unbond(fid, operator);
    }

    function comeBack(uint256 who) public step("comeBack") {
        address operator = _operator(who);
        (uint256 free,) = stakeVault.accountOf(address(token), operator);
        if (_member(operator).roles != 0 || free < 300e18) return;
        vm.prank(operator);
        federationRegistry.join(fid, _rolesOf[operator]);
    }

    /// @notice An operator names a worker key and drops it again, which changes nothing of what it answers for.
    function rotateKey(uint256 who) public step("rotateKey") {
        (address worker, uint256 key) = makeAddrAndKey(string.concat("worker", vm.toString(_workers++)));
        bytes32 consent = keccak256(
            abi.encode(
                keccak256("Worker(address operator,address worker,uint256 nonce,uint256 deadline)"),
                _operator(who),
                worker,
                uint256(0),
                type(uint256).max
            )
        );
        bytes32 domain = Signatures.domain("Parley ParticipantRegistry", block.chainid, address(registry));
        vm.startPrank(_operator(who));
        registry.nameWorker(worker, type(uint256).max, Signatures.sign(key, Signatures.digest(domain, consent)));
        registry.removeWorker(worker);
        vm.stopPrank();
    }

    /* -------------------------------------------- MONEY ------------------------------------------- */

    function withdrawStake(uint256 who, uint256 amount) public step("withdrawStake") {
        address operator = _operator(who);
        (uint256 free,) = stakeVault.accountOf(address(token), operator);
        if (free < 3000e18) return;
        uint256 taken = bound(amount, 1, free / 4);
        vm.prank(operator);
        stakeVault.withdraw(address(token), taken, operator);
        withdrawnStake[operator] += taken;
    }

    function burn() public step("burn") {
        uint256 amount = stakeVault.toBurn(address(token));
        if (amount == 0) return;
        stakeVault.burn(address(token));
        burned += amount;
    }

    function claim(uint256 who) public step("claim") {
        address operator = _operator(who);
        MemberView memory m = _member(operator);
        if (!m.hasIndex) return;
        _require(ledger[m.index] == operator, "member indices");
        uint256 due = earnedBefore[m.index] - rewardVault.claimedOf(fid, operator);
        if (due == 0) return;
        bytes32[] memory leaves = new bytes32[](1 << REWARD_DEPTH);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = leafOf(i, earnedBefore[i]);
        }
        rewardVault.claim(fid, m.index, operator, earnedBefore[m.index], Trees.path(leaves, m.index));
        claimed += due;
    }

    /* ------------------------------------------- ROUNDS ------------------------------------------- */

    /// @notice From the opening of a round to its settlement. Any trainers may violate the clip; one trainer and one evaluator
    /// may stop in the middle.
    function play(uint256 violators, uint256 silence, uint256 first) external step("play") {
        RoundView memory r = lens.roundOf(fid);
        if (r.phase != Phase.Train || !r.seeded || r.committed != 0) return;
        trainers = _active(TRAINER_ROLE, first);
        for (uint256 i; i < trainers.length; ++i) {
            if (violators >> i & 1 == 1) _violated[trainers[i]][r.round] = true;
            commitUpdate(trainers[i]);
        }
        tick();
        bool silent = silence & 3 == 0 && trainers.length > 3;
        if (silent) trainers.pop();
        for (uint256 i; i < trainers.length; ++i) {
            revealUpdate(trainers[i]);
            indexOf(trainers[i]);
        }
        if (silent) vm.warp(lens.roundOf(fid).revealEnd);
        else tick();
        _score(silence >> 2 & 3 == 0);
    }

    function _score(bool silent) private {
        openValidation();
        tick();
        _seat();
        for (uint256 i; i < evaluators.length; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        silent = silent && evaluators.length > 3;
        if (silent) evaluators.pop();
        for (uint256 i; i < evaluators.length; ++i) {
            revealScores(evaluators[i]);
            indexOf(evaluators[i]);
        }
        if (silent) vm.warp(lens.roundOf(fid).scoreRevealEnd);
        else tick();
    }

    /// @dev Evaluators of this round in the order of their seats.
    function _seat() private {
        address[] memory active = _active(EVALUATOR_ROLE, 0);
        evaluators = new address[](active.length);
        for (uint256 i; i < active.length; ++i) {
            evaluators[_member(active[i]).seat] = active[i];
        }
    }

    /// @dev Who may act in a role in this round, the `first` first.
    function _active(uint8 role, uint256 first) private view returns (address[] memory list) {
        uint256 n;
        uint256 round = current();
        list = new address[](operators.length);
        first = first % operators.length;
        for (uint256 i; i < operators.length; ++i) {
            address operator = operators[(first + i) % operators.length];
            MemberView memory m = _member(operator);
            if (m.roles & role != 0 && m.from <= round && round <= m.until) list[n++] = operator;
        }
        assembly ("memory-safe") {
            mstore(list, n)
        }
    }

    function advance() external step("advance") {
        RoundView memory r = lens.roundOf(fid);
        if (r.phase == Phase.Finalizable) {
            _finalise();
        } else if (r.phase == Phase.Voidable || (r.phase == Phase.Idle && _canOpen())) {
            coordinator.advance(fid, noHeader());
        } else {
            return;
        }
        if (!_federation().live) return;
        vm.roll(vm.getBlockNumber() + 3);
        vm.warp(vm.getBlockTimestamp() + 3);
        coordinator.captureSeed(fid);
    }

    function _finalise() internal {
        _require(_kind == Lie.None, "nothing false is final");
        coordinator.advance(fid, posted);
        bonded[posted.aggregator] -= BOND;
        earned += posted.earned;
        previousModel = oldModel;
        oldModel = _work.next;
        earnedBefore = _work.cumulative;
    }

    function _canOpen() private view returns (bool) {
        FederationView memory f = _federation();
        return f.round < CHAIN_LENGTH && f.trainers >= 3 && f.evaluators >= 3 && f.aggregators != 0;
    }
}
