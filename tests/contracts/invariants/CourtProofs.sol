// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MemberView, Phase, RoundView, Settlement} from "../../../contracts/interfaces/ParleyTypes.sol";
import {Work} from "../utils/DisputesBase.sol";
import {Trees} from "../utils/Trees.sol";
import {CourtRounds} from "./CourtRounds.sol";

/// @notice Settlements, true and false, and those who prove what is wrong with them or say that something is.
abstract contract CourtProofs is CourtRounds {
    /// @dev How a proof is sent: as it should be; by its culprit; or so that nobody earns by it.
    enum Way {
        Committed,
        ByCulprit,
        Uncommitted,
        CommittedInTheSameBlock,
        Copied
    }

    uint256 internal constant CLIP_SLASH = 50e18;

    /// @dev Sends copies of proofs that others committed to.
    address public thief = makeAddr("thief");
    /// @dev Tree whose root nobody can open, if the settlement's kind is `Withheld`.
    uint256 internal _withheld;

    /* ----------------------------------------- SETTLEMENTS ---------------------------------------- */

    /// @notice Whoever's turn it is posts the truth, a lie of any kind, or roots that nobody can open.
    function postSettlement(uint256 kind, uint256 a, uint256 b, uint256 who) external step("post") {
        RoundView memory r = lens.roundOf(fid);
        if (r.phase != Phase.Settle) return;
        aggregator = _settler(r.turn, who);
        (uint256 free,) = stakeVault.accountOf(address(token), aggregator);
        if (aggregator == address(0) || free < BOND) return;
        kind = kind % (LIES + 5);
        Work memory w = honest(aggregator);
        if (kind < LIES) (_kind, _proof) = (Lie.Provable, _lie(w, kind, a, b));
        else if (kind == LIES) _postRandomRoot(w, a % 3);
        else posted = post(aggregator, w);
        _work = w;
        bonded[aggregator] += BOND;
    }

    function _postRandomRoot(Work memory w, uint256 tree) private {
        Settlement memory s = settlementFrom(w);
        bytes32 random = keccak256(abi.encode("withheld", current(), vm.getBlockTimestamp()));
        if (tree == 0) s.rowRoot = random;
        else if (tree == 1) s.modelRoot = random;
        else s.rewardRoot = random;
        (_kind, _withheld) = (Lie.Withheld, tree);
        posted = settle(aggregator, s);
        tick();
    }

    /// @dev Whose turn it is: by lot in turns 0 to 3, then anybody.
    function _settler(uint256 turn, uint256 who) private view returns (address) {
        if (turn == 4) return _operator(who);
        uint256 position = lens.turnPosition(fid, turn);
        for (uint256 i; i < operators.length; ++i) {
            if (_member(operators[i]).aggregatorPosition == position) return operators[i];
        }
        return address(0);
    }

    /* ------------------------------------------- PROOFS ------------------------------------------- */

    /// @notice A lie is proven, in one of five ways; then once more, which must not work.
    function prove(uint256 way, uint256 who) external step("prove") {
        if (_kind != Lie.Provable || vm.getBlockTimestamp() + 1 >= lens.roundOf(fid).finalAt) return;
        _prove(Way(way % 5), _anybody(who));
    }

    function _prove(Way way, address by) internal {
        if (way == Way.ByCulprit) by = posted.aggregator;
        address sender = _commitAs(way, by, lens.settlementHash(fid), _proof);
        address paid = _isPaid(way) ? sender : address(0);
        uint256 before = _together(posted.aggregator, paid);
        (bool done,) = send(sender, _proof);
        _require(done, "every lie is convictable");
        if (!done) return;
        _bookConviction(paid, before);
        (done,) = send(by, _proof);
        _require(!done, "no second conviction");
    }

    /// @dev Commits as the way demands; returns who sends the proof then.
    function _commitAs(Way way, address by, bytes32 subject, bytes memory data) private returns (address sender) {
        if (way != Way.Uncommitted) commit(by, subject, data);
        if (way == Way.CommittedInTheSameBlock) vm.roll(vm.getBlockNumber() - 1);
        return way == Way.Copied ? thief : by;
    }

    function _isPaid(Way way) private pure returns (bool) {
        return way == Way.Committed || way == Way.ByCulprit;
    }

    /// @notice A true settlement is accused of anything, with arguments of any kind.
    function accuse(uint256 kind, uint256 a, uint256[4] memory flips, uint256 who) external step("accuse") {
        if (!_isPosted() || _kind != Lie.None || vm.getBlockTimestamp() >= lens.roundOf(fid).finalAt) return;
        bytes memory data = _anyCall(posted, _work, kind % 7, a);
        if (kind & 128 == 0) _flip(data, flips);
        (bool done,) = send(_anybody(who), data);
        _require(!done, "truth is never convicted");
    }

    /* -------------------------------------------- CLIP -------------------------------------------- */

    /// @notice A trainer is accused of a parameter beyond the clip, rightly or not, whatever it did since the reveal.
    function clip(uint256 who, uint256 way, uint256 parameter, uint256 by) external step("clip") {
        address culprit = _operator(who);
        uint256 round = current();
        if (!_member(culprit).revealed || lens.roundOf(fid).trainEnd == 0) return;
        bool guilty = _violated[culprit][round] && court.clippedIn(fid, culprit) != round;
        parameter = _violated[culprit][round] ? 3 : bound(parameter, 0, PARAMS - 1);
        bytes32[] memory words = wordsOf("update", culprit, round);
        bytes32[] memory path = Trees.path(words, parameter / 8);
        bytes memory data = abi.encodeCall(court.disproveClip, (fid, culprit, parameter, words[parameter / 8], path));
        if (!guilty) return _refuseClip(_anybody(by), data);
        _watch(1);
        _clip(culprit, Way(way % 5), _anybody(by), Trees.root(words), data);
    }

    function _refuseClip(address by, bytes memory data) private {
        (bool done,) = send(by, data);
        _require(!done, "one slash for one violation");
    }

    function _clip(address culprit, Way way, address by, bytes32 root, bytes memory data) private {
        MemberView memory m = _member(culprit);
        uint256 amount = m.stake < CLIP_SLASH ? m.stake : CLIP_SLASH;
        if (way == Way.ByCulprit) by = culprit;
        address sender = _commitAs(way, by, root, data);
        address paid = _isPaid(way) ? sender : address(0);
        uint256 before = _together(culprit, paid);
        (bool done,) = send(sender, data);
        _require(done, "every violation is slashed");
        if (!done) return;
        _bookSlash(culprit, amount, paid, before);
        _require(_member(culprit).stake == m.stake - amount, "stake follows the slash");
        _refuseClip(by, data);
    }
}
