// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Disputes} from "../../../contracts/Disputes.sol";
import {Header, Phase} from "../../../contracts/interfaces/ParleyTypes.sol";
import {NumericsHarness} from "../NumericsHarness.sol";
import {Base} from "./Base.sol";

/// @notice A protocol with its disputes contract, and what a prover does.
abstract contract CourtBase is Base {
    uint256 internal constant FEE_FLOOR = 1e12;

    Disputes internal court;
    NumericsHarness internal numerics;
    address internal prover = makeAddr("prover");

    /* -------------------------------------------- DEPLOY ------------------------------------------ */

    function deploy() internal virtual override {
        disputes = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 7);
        super.deploy();
        court = Disputes(deployCode("Disputes.sol:Disputes", abi.encode(coordinator, FEE_FLOOR)));
        assertEq(address(court), disputes, "the coordinator was told this address");
        numerics = NumericsHarness(deployCode("NumericsHarness.sol:NumericsHarness"));
    }

    function hashOf(Header memory header) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(coordinator), fid, current(), header));
    }

    /* ------------------------------------------- PROVING ------------------------------------------ */

    /// @dev P-16: commits to a call of the court and lets a block pass.
    function commit(address sender, bytes32 subject, bytes memory data) internal {
        bytes memory arguments = new bytes(data.length - 4);
        for (uint256 i; i < arguments.length; ++i) {
            arguments[i] = data[i + 4];
        }
        bytes32 commitment = keccak256(abi.encode(subject, bytes4(data), keccak256(arguments), sender));
        vm.prank(sender);
        court.commitDisproof(commitment);
        tick();
    }

    function send(address sender, bytes memory data) internal returns (bool done, bytes memory answer) {
        vm.prank(sender);
        (done, answer) = address(court).call(data);
    }

    /// @dev The call reverts with this error, and nothing has changed.
    function assertRefused(bytes memory data, bytes4 selector) internal {
        (bool done, bytes memory answer) = send(prover, data);
        assertFalse(done, "convicted");
        assertEq(bytes4(answer), selector, "another error");
    }

    /// @dev The call, committed, convicts: half of the bond to the prover, half burned, the settlement gone, the next turn.
    function assertConvicts(Header memory header, bytes memory data) internal {
        uint256 bond = federationRegistry.policyOf(fid, 1).bond;
        (, uint256 locked) = stakeVault.accountOf(address(token), header.aggregator);
        (uint256 before,) = stakeVault.accountOf(address(token), prover);
        uint256 burnt = stakeVault.toBurn(address(token));
        commit(prover, hashOf(header), data);
        (bool done, bytes memory answer) = send(prover, data);
        assertTrue(done, string.concat("not convicted: ", vm.toString(answer)));
        (, uint256 lockedAfter) = stakeVault.accountOf(address(token), header.aggregator);
        (uint256 afterwards,) = stakeVault.accountOf(address(token), prover);
        assertEq(lockedAfter, locked - bond, "bond");
        assertEq(afterwards, before + bond / 2, "prover");
        assertEq(stakeVault.toBurn(address(token)), burnt + bond - bond / 2, "burnt");
        assertEq(lens.settlementHash(fid), 0, "deleted");
        assertEq(lens.roundOf(fid).scoreRevealEnd, vm.getBlockTimestamp(), "the next turn begins");
        bool last = header.turn == 4;
        assertPhase(last ? Phase.Voidable : Phase.Settle);
        if (!last) assertEq(lens.roundOf(fid).turn, header.turn + 1, "turn");
    }
}
