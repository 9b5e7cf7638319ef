// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Header} from "../../../contracts/interfaces/ParleyTypes.sol";
import {DisputesBase, Work} from "./DisputesBase.sol";

/// @notice Every way to lie in one place of a settlement, each with the call by which a watcher disproves it.
abstract contract Lies is DisputesBase {
    /// @dev Kinds of {_lie}.
    uint256 internal constant LIES = 9;

    /// @dev Who posts.
    address internal aggregator;
    /// @dev Of the settlement posted last.
    Header internal posted;

    /// @dev Alters the work, posts it and returns the call that disproves it: a bit of a median, the norm or the sum; a leaf; a
    /// bit of any word of any row; a word of the model; rows or slots in another order; an update or a word left out.
    function _lie(Work memory w, uint256 kind, uint256 a, uint256 b) internal returns (bytes memory) {
        if (kind == 0) return _lieInMedians(w, a);
        if (kind == 1) return _lieInNorm(w, a);
        if (kind == 2) return _lieInEarned(w, a);
        if (kind == 3) return _lieInReward(w, a, b);
        if (kind == 5) return _lieInModel(w, a);
        if (kind == 6) return _lieInLength(w, a, b);
        if (kind == 7) return _lieInRowOrder(w, a, b);
        if (kind == 8 && w.included.length > 1) return _lieInSlots(w, a, b);
        return _lieInRow(w, a, b);
    }

    /// @dev Flips bits of a call's arguments; half of the time but one.
    function _flip(bytes memory data, uint256[4] memory flips) internal pure {
        for (uint256 i; i < flips.length; ++i) {
            if (i > 0 && flips[i] % 2 == 0) break;
            uint256 place = 4 + (flips[i] >> 8) % (data.length - 4);
            data[place] ^= bytes1(uint8(1 << (flips[i] >> 1) % 8));
        }
    }

    function _post(Work memory w) private returns (Header memory) {
        posted = post(aggregator, w);
        return posted;
    }

    function _lieInMedians(Work memory w, uint256 a) internal returns (bytes memory) {
        uint256 place = a % w.medians.length;
        w.medians[place] ^= bytes1(uint8(1 << (a >> 16) % 8));
        return medianCall(_post(w), w, place / 4);
    }

    function _lieInNorm(Work memory w, uint256 a) internal returns (bytes memory) {
        w.norm ^= uint64(1 << a % 64);
        return medianCall(_post(w), w, trainers.length);
    }

    function _lieInEarned(Work memory w, uint256 a) internal returns (bytes memory) {
        uint96 other = uint96(a % (federationRegistry.policyOf(fid, 1).reward + 1));
        w.earned = other == w.earned ? other - 1 : other;
        return earnedCall(_post(w), w);
    }

    function _lieInReward(Work memory w, uint256 a, uint256 b) internal returns (bytes memory) {
        uint256 m = a % w.rewards.length;
        if (b % 2 == 0) w.rewards[m] = bytes32(uint256(w.rewards[m]) ^ 1 << (b >> 8) % 256);
        else w.rewards[m] = leafOfAnybody(b % ledger.length, w.cumulative[m] + (b >> 8) % 1e18 + 1);
        return rewardCall(_post(w), w, m);
    }

    function leafOfAnybody(uint256 member, uint256 cumulative) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), ledger[member], uint128(cumulative)));
    }

    /// @dev The watcher looks which word it is: an update's, a model's, or one beyond the model.
    function _lieInRow(Work memory w, uint256 a, uint256 b) internal returns (bytes memory) {
        uint256 j = a % w.rows.length;
        uint256 place = b % w.rows[j].length;
        w.rows[j][place] ^= bytes1(uint8(1 << (b >> 32) % 8));
        Header memory h = _post(w);
        uint256 n = w.included.length;
        if (j >= WORDS) return arithmeticCall(h, w, j, 0);
        if (place / 32 < n) return updateCall(h, w, j, place / 32, _revealIndexOf(w, place / 32));
        if (place / 32 == n + 2) return arithmeticCall(h, w, j, place % 32 / 4);
        return oldModelCall(h, w, j, place / 32 == n);
    }

    function _lieInModel(Work memory w, uint256 a) internal returns (bytes memory) {
        uint256 j = a % w.next.length;
        w.next[j] = bytes32(uint256(w.next[j]) ^ 1 << (a >> 8) % 256);
        return newModelCall(_post(w), w, w.next, j);
    }

    function _lieInLength(Work memory w, uint256 a, uint256 b) internal returns (bytes memory) {
        uint256 j = a % w.rows.length;
        uint256 length = b % 600;
        if (length == w.rows[j].length) ++length;
        bytes memory row = new bytes(length);
        for (uint256 i; i < length && i < w.rows[j].length; ++i) {
            row[i] = w.rows[j][i];
        }
        w.rows[j] = row;
        return arithmeticCall(_post(w), w, j, a % 8);
    }

    function _lieInRowOrder(Work memory w, uint256 a, uint256 b) internal returns (bytes memory) {
        uint256 j = a % WORDS;
        uint256 k = (j + 1 + b % (w.rows.length - 1)) % w.rows.length;
        if (k >= WORDS && b % 2 == 0) k = (j + 1) % WORDS;
        (w.rows[j], w.rows[k]) = (w.rows[k], w.rows[j]);
        return updateCall(_post(w), w, j, 0, _revealIndexOf(w, 0));
    }

    /// @dev Two updates in each other's place, one in two places, or another that is left out.
    function _lieInSlots(Work memory w, uint256 a, uint256 b) internal returns (bytes memory) {
        uint256 slot = a % w.included.length;
        uint256 other = (slot + 1 + b % (w.included.length - 1)) % w.included.length;
        if (b % 3 == 0) (w.included[slot], w.included[other]) = (w.included[other], w.included[slot]);
        else if (b % 3 == 1) w.included[slot] = w.included[other];
        else w.included[slot] = wordsOf("update", trainers[UNFIT], current());
        refreshRows(w);
        return updateCall(_post(w), w, (a >> 16) % WORDS, slot, _revealIndexOf(w, slot));
    }

    function _anyCall(Header memory h, Work memory w, uint256 kind, uint256 a) internal view returns (bytes memory) {
        uint256 j = a % WORDS;
        uint256 slot = (a >> 8) % w.included.length;
        if (kind == 0) return arithmeticCall(h, w, a % w.rows.length, (a >> 8) % 8);
        if (kind == 1) return updateCall(h, w, j, slot, _revealIndexOf(w, slot));
        if (kind == 2) return oldModelCall(h, w, j, a >> 8 & 1 == 0);
        if (kind == 3) return newModelCall(h, w, w.next, a % w.next.length);
        if (kind == 4) return medianCall(h, w, a % (trainers.length + 1));
        if (kind == 5) return rewardCall(h, w, a % w.rewards.length);
        return earnedCall(h, w);
    }

    function _revealIndexOf(Work memory w, uint256 slot) internal pure returns (uint256 i) {
        for (;; ++i) {
            if (entryOf(w.medians, i) == 0) continue;
            if (slot == 0) return i;
            --slot;
        }
    }
}
