// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Header, Rule} from "../../contracts/interfaces/ParleyTypes.sol";
import {Work} from "./utils/DisputesBase.sol";
import {Lies} from "./utils/Lies.sol";

/// @title DisputesFuzzTest
/// @notice Whole settlements: every single lie is convictable by the call that a watcher chooses, and nothing convicts a right
/// settlement (F-35, F-36).
contract DisputesFuzzTest is Lies {
    Work internal right;

    function setUp() public {
        setUpDispute(Rule.TrimmedMean);
        aggregator = aggregatorOf(0);
        right = honest(aggregator);
    }

    /// @dev F-36: a bit of a median, the norm or the sum; a leaf; a bit of any word of any row; a word of the model; rows or
    /// slots in another order; an update or a word left out.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_F36_EveryLieIsConvictable(uint256 kind, uint256 a, uint256 b) external {
        Work memory w = right;
        bytes memory data = _lie(w, kind % LIES, a, b);
        assertConvicts(posted, data);
    }

    /// @dev F-35, F-45: calls with any bits flipped, lengths included, leave a right settlement alone, and never panic.
    /// forge-config: deep.fuzz.runs = 20000
    function testFuzz_F35_NothingConvictsARightSettlement(uint256 kind, uint256 a, uint256[4] calldata flips) external {
        Work memory w = right;
        Header memory h = post(aggregator, w);
        bytes memory data = _anyCall(h, w, kind % 7, a);
        _flip(data, flips);
        bytes32 settlement = lens.settlementHash(fid);
        (bool done, bytes memory answer) = send(prover, data);
        assertFalse(done, "convicted");
        assertFalse(answer.length == 36 && bytes4(answer) == 0x4e487b71, "panicked");
        assertEq(lens.settlementHash(fid), settlement);
    }
}
