// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FederationView, MemberView, RoundView, Rule} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Work} from "../utils/DisputesBase.sol";
import {Lies} from "../utils/Lies.sol";
import {RowCases} from "../utils/RowCases.sol";
import {Transitions} from "./Transitions.sol";

/// @notice Twelve operators of a federation with real content, a watcher and a thief, and what they must have by now.
/// @dev The watcher is honest and awake, and it is the only one who has to be: see `_watch`.
abstract contract CourtState is Lies, Transitions {
    /// @dev What is wrong with the posted settlement, if there is one.
    enum Lie {
        None,
        Provable,
        Withheld
    }

    uint256 public constant STAKE = 10_000e18;
    uint256 internal constant BOND = 500e18;
    uint256 internal constant ETHER_EACH = 1000 ether;
    address internal constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    address[] public operators;
    mapping(address operator => uint8) internal _rolesOf;
    mapping(address operator => mapping(uint256 round => bool)) internal _violated;

    mapping(address operator => uint256) public bonded;
    mapping(address operator => uint256) public withdrawnStake;
    mapping(address operator => uint256) public slashedOf;
    mapping(address account => uint256) public rewardedOf;
    uint256 public slashed;
    uint256 public rewarded;
    uint256 public burned;
    uint256 public earned;
    uint256 public claimed;

    Lie internal _kind;
    Work internal _work;
    bytes internal _proof;
    mapping(string what => bool) public broken;
    mapping(string action => uint256) public calls;

    constructor() {
        setUpDispute(Rule.TrimmedMean);
        _hire(trainers, TRAINER_ROLE);
        _hire(evaluators, EVALUATOR_ROLE);
        _hire(aggregators, AGGREGATOR_ROLE);
        for (uint256 i; i < operators.length; ++i) {
            vm.deal(operators[i], ETHER_EACH);
        }
        vm.deal(prover, ETHER_EACH);
        (,,,, earned) = rewardVault.booksOf(fid);
        RoundView memory r = lens.roundOf(fid);
        (lastPhase, lastRound) = (r.phase, r.round);
    }

    modifier step(string memory action) {
        _;
        ++calls[action];
        _seePhase(lens.roundOf(fid));
    }

    function _hire(address[] memory list, uint8 role) private {
        for (uint256 i; i < list.length; ++i) {
            if (_rolesOf[list[i]] == 0) operators.push(list[i]);
            _rolesOf[list[i]] |= role;
        }
    }

    /* -------------------------------------------- VIEWS ------------------------------------------- */

    function count() public view returns (uint256) {
        return operators.length;
    }

    function contracts() external view returns (address, address, address, address, address) {
        return (address(token), address(stakeVault), address(rewardVault), address(court), address(lens));
    }

    function fidOf() external view returns (uint256) {
        return fid;
    }

    function watcher() public view returns (address) {
        return prover;
    }

    /// @dev Free and locked.
    function worth(address account) public view returns (uint256) {
        (uint256 free, uint256 locked) = stakeVault.accountOf(address(token), account);
        return free + locked;
    }

    function _operator(uint256 seed) internal view returns (address) {
        return operators[bound(seed, 0, operators.length - 1)];
    }

    /// @dev An operator or, as often, the watcher.
    function _anybody(uint256 seed) internal view returns (address) {
        return seed % 2 == 0 ? prover : _operator(seed / 2 % operators.length);
    }

    function _isPosted() internal view returns (bool) {
        return lens.settlementHash(fid) != 0;
    }

    /// @dev A violator's updates have a parameter beyond the clip, else as they are.
    function wordsOf(string memory what, address who, uint256 round)
        internal
        view
        override
        returns (bytes32[] memory words)
    {
        words = super.wordsOf(what, who, round);
        if (_violated[who][round] && keccak256(bytes(what)) == keccak256("update")) {
            words[0] = RowCases.withLane(words[0], 3, (1 << 31) + (1 << 20) + 1);
        }
    }

    /* -------------------------------------------- TIME -------------------------------------------- */

    /// @dev Time passes; the watcher acts before anything false could become final.
    function _pass(uint256 seconds_) internal {
        _watch(seconds_);
        vm.warp(vm.getBlockTimestamp() + seconds_);
        vm.roll(vm.getBlockNumber() + 1 + seconds_ / 12);
    }

    /// @dev If a false settlement were out of reach after `seconds_`, convicts it or demands what is withheld.
    function _watch(uint256 seconds_) internal virtual;

    /* ------------------------------------------- LEDGER ------------------------------------------- */

    /// @dev Something that must hold.
    function _require(bool holds, string memory what) internal {
        if (!holds) broken[what] = true;
    }

    /// @dev Books a conviction that has just happened. `before` is what culprit and prover were worth together.
    /// @param by Who is rewarded; zero for nobody.
    function _bookSlash(address culprit, uint256 amount, address by, uint256 before) internal {
        slashed += amount;
        slashedOf[culprit] += amount;
        if (by != address(0)) {
            rewarded += amount / 2;
            rewardedOf[by] += amount / 2;
        }
        uint256 lost = before - _together(culprit, by);
        _require(lost == (by == address(0) ? amount : amount - amount / 2), "coalition loses half");
    }

    function _together(address culprit, address by) internal view returns (uint256) {
        return worth(culprit) + (by == culprit || by == address(0) ? 0 : worth(by));
    }

    /// @dev The posted settlement was convicted.
    function _bookConviction(address by, uint256 before) internal {
        _require(!_isPosted(), "settlement deleted");
        bonded[posted.aggregator] -= BOND;
        _bookSlash(posted.aggregator, BOND, by, before);
        _kind = Lie.None;
    }

    function _member(address operator) internal view returns (MemberView memory) {
        return lens.memberOf(fid, operator);
    }

    function _federation() internal view returns (FederationView memory) {
        return lens.federationOf(fid);
    }
}
