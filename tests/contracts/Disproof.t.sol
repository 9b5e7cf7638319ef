// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {Disproof} from "../../contracts/libraries/Disproof.sol";
import {WordMath} from "../../contracts/libraries/WordMath.sol";
import {WordTree} from "../../contracts/libraries/WordTree.sol";
import {NumericsHarness} from "./NumericsHarness.sol";
import {DisproofHarness} from "./utils/DisproofHarness.sol";
import {RowCase, RowCases} from "./utils/RowCases.sol";
import {Test} from "forge-std/Test.sol";

/// @title DisproofTest
/// @notice Sound: nothing convicts an honest row. Complete: every altered one is convicted (P-15, F-35, F-36).
contract DisproofTest is Test {
    using RowCases for RowCase;

    NumericsHarness internal numerics = NumericsHarness(deployCode("NumericsHarness.sol:NumericsHarness"));
    DisproofHarness internal disproof = DisproofHarness(deployCode("DisproofHarness.sol:DisproofHarness"));

    /* ------------------------------------------ SOUND --------------------------------------------- */

    /// @dev P-15, F-35: an honest row with honest witnesses is not wrong.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_P15_HonestRowIsRight(uint256 seed, uint8 rule) external view {
        RowCase memory c = _case(seed, rule);
        (uint256 lo, uint256 hi) = RowCases.witnesses(numerics, c);
        assertFalse(_wrong(c, lo, hi));
    }

    /// @dev P-15, F-35: witnesses from the neighbours in the sorted row, one beside them, or from anywhere: they are refused
    /// or the row is right.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_P15_ForgedWitnessesNeverConvict(uint256 seed, uint8 rule, uint256 lo, uint256 hi) external view {
        RowCase memory c = _case(seed, rule);
        _requireUnconvicted(c, lo, hi);
        uint256[] memory x = RowCases.sorted(numerics, c);
        if (x.length == 0) return;
        (uint256 low, uint256 high) = RowCases.witnesses(numerics, c);
        _requireUnconvicted(c, _forge(x, low, lo), high);
        _requireUnconvicted(c, low, _forge(x, high, hi));
        _requireUnconvicted(c, _forge(x, low, lo), _forge(x, high, hi));
        _requireUnconvicted(c, high, low);
    }

    /// @dev P-15: a witness of another rank is refused even where the row is wrong, for it would show nothing.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_P15_OnlyTheRanksValueIsAWitness(uint256 seed, bool median, uint256 other) external view {
        RowCase memory c = _case(seed, uint8(median ? Rule.Median : Rule.TrimmedMean));
        uint256[] memory x = RowCases.sorted(numerics, c);
        if (x.length == 0) return;
        (uint256 lo, uint256 hi) = RowCases.witnesses(numerics, c);
        other = _forge(x, lo, other);
        if (other != lo) assertFalse(_accepts(c, other, hi), "lower witness");
        if (!median && other != hi) assertFalse(_accepts(c, lo, other), "upper witness");
        assertTrue(_accepts(c, lo, hi), "honest witnesses");
    }

    /* ----------------------------------------- COMPLETE ------------------------------------------- */

    /// @dev P-15, F-36: any other new lane is wrong.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_P15_AlteredNewLaneIsWrong(uint256 seed, uint8 rule, uint32 value) external view {
        RowCase memory c = _case(seed, rule);
        uint256 right = WordMath.lane(c.next, c.lane);
        uint256[4] memory others = [uint256(value), right + 1, right - (right == 0 ? 0 : 1), right ^ 1 << 31];
        (uint256 lo, uint256 hi) = RowCases.witnesses(numerics, c);
        for (uint256 i; i < 4; ++i) {
            uint256 u = others[i] & WordMath.MAX_LANE;
            c.next = RowCases.withLane(c.next, c.lane, u);
            assertEq(_wrong(c, lo, hi), u != right);
        }
    }

    /// @dev P-15, F-36: with an input altered, the row is wrong exactly if sorting says so.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_P15_AlteredInputIsWrongIfItMatters(uint256 seed, uint8 rule, uint32 value, uint256 which)
        external
        view
    {
        RowCase memory c = _case(seed, rule);
        uint256 next = WordMath.lane(c.next, c.lane);
        which = bound(which, 0, c.updates.length + 1);
        if (which == 0) c.old = RowCases.withLane(c.old, c.lane, value);
        else if (which == 1) c.previous = RowCases.withLane(c.previous, c.lane, value);
        else c.updates[which - 2] = RowCases.withLane(c.updates[which - 2], c.lane, value);
        (uint256 lo, uint256 hi) = RowCases.witnesses(numerics, c);
        assertEq(_wrong(c, lo, hi), RowCases.expected(numerics, c) != next);
    }

    /// @dev Other lanes are no matter: the prover names the one.
    function testFuzz_OtherLanesDoNotMatter(uint256 seed, uint8 rule, uint32 value) external view {
        RowCase memory c = _case(seed, rule);
        c.next = RowCases.withLane(c.next, (c.lane + 1) % 8, value);
        (uint256 lo, uint256 hi) = RowCases.witnesses(numerics, c);
        assertFalse(_wrong(c, lo, hi));
    }

    /// @dev F-26: 256 equal updates, 256 updates at the ends of the range, one update and none, under all rules.
    function test_P15_TiesExtremesAndSizes() external view {
        uint256[3] memory sizes = [uint256(0), 1, 256];
        uint256[4] memory values = [uint256(0), 1 << 31, (1 << 31) + 5, type(uint32).max];
        for (uint8 rule; rule < 4; ++rule) {
            for (uint256 s; s < 3; ++s) {
                for (uint256 v; v < 4; ++v) {
                    _checkUniform(rule, sizes[s], values[v]);
                }
            }
        }
    }

    /* ------------------------------------------- SHAPE -------------------------------------------- */

    /// @dev F-45: a row of any other length is wrong, whatever it holds, and nothing panics.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_RowOfAnotherLengthIsWrong(uint256 seed, uint8 rule, bytes calldata row, uint256 length)
        external
        view
    {
        RowCase memory c = _case(seed, rule);
        bytes memory honest = c.row();
        if (row.length != honest.length) {
            assertTrue(disproof.wrongArithmetic(c.rules, row, c.medians, c.lane, 0, 0));
            assertTrue(disproof.wrongPadding(row, c.medians));
        }
        length = bound(length, 0, honest.length - 1);
        bytes memory longer = bytes.concat(honest, bytes32(seed));
        assembly ("memory-safe") {
            mstore(honest, length)
        }
        assertTrue(disproof.wrongArithmetic(c.rules, honest, c.medians, c.lane, 0, 0));
        assertTrue(disproof.wrongPadding(honest, c.medians));
        assertTrue(disproof.wrongArithmetic(c.rules, longer, c.medians, c.lane, 0, 0));
    }

    function testFuzz_RevertWhen_LaneIsBeyondTheWord(uint256 seed, uint8 rule, uint256 lane) external {
        RowCase memory c = _case(seed, rule);
        lane = bound(lane, 8, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(WordMath.WordMath_NoLane.selector, lane));
        disproof.wrongArithmetic(c.rules, c.row(), c.medians, lane, 0, 0);
    }

    /// @dev Section 7: beyond the model every word is Z; one bit of one word is enough.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_PaddingRow(uint256 seed, uint256 bit) external view {
        RowCase memory c = _case(seed, 0);
        uint256 n = c.updates.length;
        bytes memory row;
        for (uint256 i; i < n + 3; ++i) {
            row = bytes.concat(row, WordTree.Z);
        }
        assertFalse(disproof.wrongPadding(row, c.medians));
        bit = bound(bit, 0, 8 * row.length - 1);
        row[bit / 8] ^= bytes1(uint8(1 << bit % 8));
        assertTrue(disproof.wrongPadding(row, c.medians));
    }

    /* ------------------------------------------- WORDS -------------------------------------------- */

    /// @dev Slots, models and reveal indices of a row.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_WordsOfARow(uint256 seed, bytes32 other) external view {
        RowCase memory c = _case(seed, 0);
        bytes memory row = c.row();
        uint256 n = c.updates.length;
        for (uint256 slot; slot < n; ++slot) {
            assertFalse(disproof.wrongUpdate(row, slot, c.updates[slot]));
            assertEq(disproof.wrongUpdate(row, slot, other), other != c.updates[slot]);
        }
        assertTrue(disproof.wrongUpdate(row, n + 3, other), "beyond the row");
        assertEq(disproof.wrongOldModel(row, false, other), other != c.old);
        assertEq(disproof.wrongOldModel(row, true, other), other != c.previous);
        assertEq(disproof.wrongNewModel(row, other), other != c.next);
        assertFalse(disproof.wrongOldModel(row, false, c.old));
        assertFalse(disproof.wrongOldModel(row, true, c.previous));
        assertFalse(disproof.wrongNewModel(row, c.next));
    }

    /// @dev F-45: what is too short for three models, or no whole number of words, is wrong whatever the word.
    function testFuzz_MisshapenRowHasNoModels(bytes calldata row, bytes32 word) external view {
        bool misshapen = row.length < 96 || row.length % 32 != 0;
        if (!misshapen) return;
        assertTrue(disproof.wrongOldModel(row, false, word));
        assertTrue(disproof.wrongOldModel(row, true, word));
        assertTrue(disproof.wrongNewModel(row, word));
        if (row.length < 32) assertTrue(disproof.wrongUpdate(row, 0, word));
    }

    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_RevealIndex(uint256 seed, uint256 slot) external {
        RowCase memory c = _case(seed, 0);
        uint256 n;
        for (uint256 i; i < c.medians.length / 4; ++i) {
            if (c.medians[4 * i] == 0 && c.medians[4 * i + 1] == 0) continue;
            assertEq(disproof.revealIndex(c.medians, n++), i);
        }
        slot = bound(slot, n, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(Disproof.Disproof_NoSuchSlot.selector, slot, n));
        disproof.revealIndex(c.medians, slot);
    }

    /* --------------------------------------- CLIP AND LEAVES -------------------------------------- */

    /// @dev P-2: |q| > clip, and nothing else, is a violation; -2^31 is one for every clip.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_BeyondClip(int32 q, uint256 clip, uint256 lane, bytes32 word) external view {
        clip = bound(clip, 1, (1 << 31) - 1);
        lane = bound(lane, 0, 7);
        int256[5] memory values = [int256(q), int256(clip), int256(clip) + 1, -int256(clip), -int256(clip) - 1];
        for (uint256 i; i < 5; ++i) {
            int256 value = values[i];
            if (value > type(int32).max) continue;
            bytes32 given = RowCases.withLane(word, lane, uint256(value + 2 ** 31));
            bool expected = value > int256(clip) || -value > int256(clip);
            assertEq(disproof.beyondClip(given, lane, clip), expected);
        }
    }

    /// @dev P-12: nothing earned, no leaf.
    function testFuzz_RewardLeaf(address operator, uint128 cumulative) external view {
        bytes32 leaf = disproof.rewardLeaf(operator, cumulative);
        bytes32 expected = keccak256(abi.encodePacked(bytes1(0x01), operator, cumulative));
        assertEq(leaf, cumulative == 0 ? bytes32(0) : expected);
    }

    /* ------------------------------------------ HELPERS ------------------------------------------- */

    function _case(uint256 seed, uint8 rule) internal view returns (RowCase memory) {
        return RowCases.make(numerics, seed, Rule(rule % 4));
    }

    function _wrong(RowCase memory c, uint256 lo, uint256 hi) internal view returns (bool) {
        return disproof.wrongArithmetic(c.rules, c.row(), c.medians, c.lane, lo, hi);
    }

    function _accepts(RowCase memory c, uint256 lo, uint256 hi) internal view returns (bool) {
        try disproof.wrongArithmetic(c.rules, c.row(), c.medians, c.lane, lo, hi) returns (bool) {
            return true;
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), Disproof.Disproof_WitnessInvalid.selector, "a named error");
            return false;
        }
    }

    function _requireUnconvicted(RowCase memory c, uint256 lo, uint256 hi) internal view {
        try disproof.wrongArithmetic(c.rules, c.row(), c.medians, c.lane, lo, hi) returns (bool wrong) {
            assertFalse(wrong, "convicts an honest row");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), Disproof.Disproof_WitnessInvalid.selector, "a named error");
        }
    }

    /// @dev A value near the honest witness in the sorted row, one beside such a value, or any of the row.
    function _forge(uint256[] memory x, uint256 honest, uint256 random) internal pure returns (uint256) {
        uint256 place;
        while (place + 1 < x.length && x[place] < honest) ++place;
        uint256 kind = random % 4;
        if (kind == 0) place = (random >> 8) % x.length;
        else if (kind == 1) place = place == 0 ? 0 : place - 1;
        else if (kind == 2) while (place + 1 < x.length && x[place] <= honest) ++place;
        uint256 beside = (random >> 32) % 3;
        return beside == 0 ? x[place] : beside == 1 ? x[place] + 1 : x[place] == 0 ? 0 : x[place] - 1;
    }

    function _checkUniform(uint8 rule, uint256 n, uint256 u) internal view {
        RowCase memory c;
        c.rules = Disproof.Rules(Rule(rule), 2000, 32_768);
        (c.updates, c.scales, c.scores) = (new bytes32[](n), new uint256[](n), new uint256[](n));
        c.medians = new bytes(4 * n);
        for (uint256 i; i < n; ++i) {
            c.updates[i] = RowCases.withLane(0, 3, u);
            (c.scales[i], c.scores[i]) = (65_536, 1);
            c.medians[4 * i + 1] = 0x01;
            (c.medians[4 * i + 2], c.medians[4 * i + 3]) = (0xFF, 0xFF);
        }
        (c.previous, c.old, c.lane) = (WordTree.Z, WordTree.Z, 3);
        c.next = RowCases.withLane(0, 3, n == 0 ? 1 << 31 : u);
        assertFalse(_wrong(c, u, u), "honest");
        c.next = RowCases.withLane(0, 3, u ^ 1);
        assertTrue(_wrong(c, u, u), "altered");
    }
}
