// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    FederationView,
    Header,
    MemberView,
    Phase,
    Policy,
    RoundView,
    Settlement,
    Terms
} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Base} from "../utils/Base.sol";
import {Transitions} from "./Transitions.sol";

/// @notice Seven operators, a sponsor and a disputes contract act in any order at any time. No call of a handler may
/// revert: each does only what its actor may do now, or nothing.
/// @dev Keeps ghost state: what went in and out, what final rounds earned, the phase last seen.
contract Handler is Base, Transitions {
    uint256 internal constant OPERATORS = 7;
    uint256 internal constant DEPTH = 3;
    uint256 internal constant STAKE = 10_000e18;
    uint8 internal constant ALL_ROLES = 7;

    address[] public operators;
    mapping(address operator => uint256) public cumulative;
    mapping(address operator => uint256) public posted;
    mapping(address operator => uint256) public bonded;

    uint256 public funded;
    uint256 public withdrawn;
    uint256 public claimed;
    uint256 public earned;
    uint256 public slashed;
    uint256 public burned;
    uint256 public rewarded;

    Header internal _header;
    mapping(string action => uint256) public calls;

    constructor() {
        vm.warp(1_700_000_000);
        vm.roll(1000);
        makeChain();
        deploy();
        Terms memory terms = defaultTerms();
        terms.rewardDepth = uint8(DEPTH);
        Policy memory policy = defaultPolicy();
        policy.seats = 4;
        fid = createFederation(terms, policy);
        for (uint256 i; i < OPERATORS; ++i) {
            operators.push(newOperator(string.concat("operator", vm.toString(i)), STAKE));
        }
        _fund(20_000e18);
    }

    modifier step(string memory action) {
        ++calls[action];
        _;
        _seePhase(lens.roundOf(fid));
    }

    /* -------------------------------------------- TIME -------------------------------------------- */

    /// @notice Time passes, a little or much.
    function passTime(uint256 seed) external step("passTime") {
        uint256 seconds_ = bound(seed, 1, 60);
        vm.warp(block.timestamp + seconds_);
        vm.roll(block.number + 1 + seconds_ / 12);
        RoundView memory r = lens.roundOf(fid);
        if (r.trainEnd != 0 && !r.seeded && block.number > lens.federationOf(fid).seedBlock) {
            coordinator.captureSeed(fid);
        }
    }

    /* ------------------------------------------ MEMBERSHIP ---------------------------------------- */

    function enter(uint256 who, uint256 roles) external step("enter") {
        address operator = _operator(who);
        FederationView memory f = lens.federationOf(fid);
        (uint256 free,) = stakeVault.accountOf(address(token), operator);
        uint8 chosen = uint8(bound(roles, 0, 9));
        chosen = chosen == 0 || chosen > ALL_ROLES ? ALL_ROLES : chosen;
        if (f.closed || lens.memberOf(fid, operator).roles != 0 || free < 300e18) return;
        vm.prank(operator);
        federationRegistry.join(fid, chosen);
    }

    function quit(uint256 who, uint256 often) external step("quit") {
        address operator = _operator(who);
        MemberView memory m = lens.memberOf(fid, operator);
        if (often % 4 != 0 || m.roles == 0 || m.until != type(uint24).max) return;
        vm.prank(operator);
        coordinator.leaveFederation(fid);
    }

    function unbond(uint256 who) external step("unbond") {
        address operator = _operator(who);
        MemberView memory m = lens.memberOf(fid, operator);
        FederationView memory f = lens.federationOf(fid);
        bool passed = m.until < f.round || (m.until == f.round && !f.live);
        if (m.roles == 0 || m.until == type(uint24).max || !passed) return;
        coordinator.unbond(fid, operator);
    }

    /* -------------------------------------------- MONEY ------------------------------------------- */

    function addBudget(uint256 amount) external step("addBudget") {
        _fund(bound(amount, 1, 3000e18));
    }

    function withdrawBudget(uint256 amount) external step("withdrawBudget") {
        (,, uint256 free,,) = rewardVault.booksOf(fid);
        if (free < 5000e18) return;
        uint256 taken = bound(amount, 1, free / 2);
        vm.prank(sponsor);
        rewardVault.withdraw(fid, taken, sponsor);
        withdrawn += taken;
    }

    function withdrawStake(uint256 who, uint256 amount) external step("withdrawStake") {
        address operator = _operator(who);
        (uint256 free,) = stakeVault.accountOf(address(token), operator);
        if (free < 6000e18) return;
        uint256 taken = bound(amount, 1, free / 10);
        vm.prank(operator);
        stakeVault.withdraw(address(token), taken, operator);
    }

    function burn() external step("burn") {
        uint256 amount = stakeVault.toBurn(address(token));
        if (amount == 0) return;
        stakeVault.burn(address(token));
        burned += amount;
    }

    function claim(uint256 who) external step("claim") {
        address operator = _operator(who);
        uint256 due = cumulative[operator] - rewardVault.claimedOf(fid, operator);
        if (due == 0) return;
        uint256 index = lens.memberOf(fid, operator).index;
        bytes32[] memory proof = _proof(index);
        rewardVault.claim(fid, index, operator, cumulative[operator], proof);
        claimed += due;
    }

    /* -------------------------------------------- ROUND ------------------------------------------- */

    function commit(uint256 who) external step("commit") {
        address operator = _operator(who);
        if (!_canAct(operator, TRAINER_ROLE) || lens.roundOf(fid).phase != Phase.Train) return;
        commitUpdate(operator);
    }

    function reveal(uint256 who) external step("reveal") {
        address operator = _operator(who);
        MemberView memory m = lens.memberOf(fid, operator);
        if (!m.committed || m.revealed || lens.roundOf(fid).phase != Phase.Reveal) return;
        revealUpdate(operator);
    }

    function openShard() external step("openShard") {
        RoundView memory r = lens.roundOf(fid);
        if (r.phase != Phase.Key || lens.federationOf(fid).keyRound >= r.round) return;
        openValidation();
    }

    function score(uint256 who) external step("score") {
        address operator = _operator(who);
        if (lens.roundOf(fid).phase != Phase.ScoreCommit || !lens.memberOf(fid, operator).seated) return;
        commitScores(operator);
    }

    function revealScore(uint256 who) external step("revealScore") {
        address operator = _operator(who);
        MemberView memory m = lens.memberOf(fid, operator);
        if (lens.roundOf(fid).phase != Phase.ScoreReveal || !m.scoresCommitted || m.scoresRevealed) return;
        revealScores(operator);
    }

    /// @notice Whoever may settle now posts rewards for one member that has an index.
    function postSettlement(uint256 who, uint256 amount) external step("settle") {
        RoundView memory r = lens.roundOf(fid);
        if (r.phase != Phase.Settle || !r.seeded) return;
        address operator = _settler(r.turn);
        (uint256 free,) =
            operator == address(0) ? (uint256(0), uint256(0)) : stakeVault.accountOf(address(token), operator);
        if (free < defaultPolicy().bond) return;
        address payee = _operator(who);
        Settlement memory s = settlementOf(r.round);
        s.earned = lens.memberOf(fid, payee).hasIndex ? uint96(bound(amount, 0, defaultPolicy().reward)) : 0;
        _post(payee, s.earned);
        s.rewardRoot = _root();
        _header = settle(operator, s);
        bonded[operator] += defaultPolicy().bond;
    }

    function convict(uint256 who, bool nobody) external step("convict") {
        if (lens.roundOf(fid).phase != Phase.Challenge) return;
        address prover = nobody ? address(0) : _operator(who);
        uint256 bond = defaultPolicy().bond;
        vm.prank(disputes);
        coordinator.convict(fid, _header, prover);
        bonded[_header.aggregator] -= bond;
        slashed += bond;
        if (prover != address(0)) rewarded += bond / 2;
    }

    function advance() external step("advance") {
        RoundView memory r = lens.roundOf(fid);
        if (r.phase == Phase.Finalizable) _finalise();
        else if (r.phase == Phase.Voidable || (r.phase == Phase.Idle && canOpen())) coordinator.advance(fid, noHeader());
    }

    function reportAbsence(uint256 who, uint256 role) external step("reportAbsence") {
        address operator = _operator(who);
        try coordinator.reportAbsence(fid, operator, uint8(1 << bound(role, 0, 2))) {
            ++calls["reported"];
        } catch {
            ++calls["not absent"];
        }
    }

    /* -------------------------------------------- VIEWS ------------------------------------------- */

    /// @notice What keeps an idle federation from opening a round, the other way round.
    function canOpen() public view returns (bool) {
        FederationView memory f = lens.federationOf(fid);
        (,, uint256 free,,) = rewardVault.booksOf(fid);
        Policy memory p = defaultPolicy();
        return !f.closed && f.round < CHAIN_LENGTH && f.trainers >= p.minTrainers && f.evaluators >= p.quorum
            && f.aggregators != 0 && free >= p.reward;
    }

    /// @notice Ends a live round by time and pokes alone; returns how many pokes it took.
    function endByPokes() external returns (uint256 pokes) {
        uint256 round = lens.federationOf(fid).round;
        for (; pokes < 4 && lens.federationOf(fid).live && lens.federationOf(fid).round == round; ++pokes) {
            vm.warp(block.timestamp + 1000);
            vm.roll(block.number + 300);
            if (lens.roundOf(fid).phase == Phase.Finalizable) _finalise();
            else coordinator.advance(fid, noHeader());
        }
    }

    function count() external pure returns (uint256) {
        return OPERATORS;
    }

    function fidOf() external view returns (uint256) {
        return fid;
    }

    function contracts() external view returns (address, address, address, address, address) {
        return (address(token), address(stakeVault), address(rewardVault), address(coordinator), address(lens));
    }

    /* ------------------------------------------ INTERNAL ------------------------------------------ */

    function _operator(uint256 seed) private view returns (address) {
        return operators[bound(seed, 0, OPERATORS - 1)];
    }

    function _canAct(address operator, uint8 role) private view returns (bool) {
        MemberView memory m = lens.memberOf(fid, operator);
        uint256 round = lens.roundOf(fid).round;
        return m.roles & role != 0 && m.from <= round && round <= m.until;
    }

    /// @dev Whose turn it is: by lot in turns 0 to 3, then the first operator.
    function _settler(uint256 turn) private view returns (address) {
        if (turn == 4) return operators[0];
        uint256 position = lens.turnPosition(fid, turn);
        for (uint256 i; i < OPERATORS; ++i) {
            if (lens.memberOf(fid, operators[i]).aggregatorPosition == position) return operators[i];
        }
        return address(0);
    }

    function _fund(uint256 amount) private {
        fund(amount);
        funded += amount;
    }

    function _finalise() private {
        coordinator.advance(fid, _header);
        bonded[_header.aggregator] -= defaultPolicy().bond;
        earned += _header.earned;
        for (uint256 i; i < OPERATORS; ++i) {
            cumulative[operators[i]] = posted[operators[i]];
        }
    }

    /// @dev What the posted settlement would bring everybody to.
    function _post(address payee, uint256 amount) private {
        for (uint256 i; i < OPERATORS; ++i) {
            posted[operators[i]] = cumulative[operators[i]];
        }
        posted[payee] += amount;
    }

    function _leaves() private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](1 << DEPTH);
        for (uint256 i; i < OPERATORS; ++i) {
            MemberView memory m = lens.memberOf(fid, operators[i]);
            uint128 amount = uint128(posted[operators[i]]);
            if (m.hasIndex && amount != 0) {
                leaves[m.index] = keccak256(abi.encodePacked(bytes1(0x01), operators[i], amount));
            }
        }
    }

    function _root() private view returns (bytes32) {
        bytes32[] memory level = _leaves();
        for (uint256 n = level.length; n > 1; n /= 2) {
            for (uint256 i; i < n / 2; ++i) {
                level[i] = keccak256(abi.encodePacked(level[2 * i], level[2 * i + 1]));
            }
        }
        return level[0];
    }

    function _proof(uint256 index) private returns (bytes32[] memory proof) {
        for (uint256 i; i < OPERATORS; ++i) {
            (posted[operators[i]], cumulative[operators[i]]) = (cumulative[operators[i]], posted[operators[i]]);
        }
        bytes32[] memory level = _leaves();
        for (uint256 i; i < OPERATORS; ++i) {
            (posted[operators[i]], cumulative[operators[i]]) = (cumulative[operators[i]], posted[operators[i]]);
        }
        proof = new bytes32[](DEPTH);
        for (uint256 d; d < DEPTH; ++d) {
            proof[d] = level[index ^ 1];
            for (uint256 i; i < level.length >> (d + 1); ++i) {
                level[i] = keccak256(abi.encodePacked(level[2 * i], level[2 * i + 1]));
            }
            index >>= 1;
        }
    }
}
