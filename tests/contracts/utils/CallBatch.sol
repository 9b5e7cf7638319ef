// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title CallBatch
/// @notice Thousands of calls in one, for differential tests: what each returns, or how it reverts.
contract CallBatch {
    /// @notice What a call came to.
    /// @param ok False if it reverted.
    /// @param data What it returned, or reverted with.
    struct Answer {
        bool ok;
        bytes data;
    }

    /// @notice Make all calls, one after another, none of which can change anything.
    /// @param target Whom.
    /// @param calls Selectors and arguments.
    /// @return answers In the order of the calls.
    function ask(address target, bytes[] calldata calls) external view returns (Answer[] memory answers) {
        answers = new Answer[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            (answers[i].ok, answers[i].data) = target.staticcall(calls[i]);
        }
    }
}
