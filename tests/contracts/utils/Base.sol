// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {FederationRegistry} from "../../../contracts/FederationRegistry.sol";
import {ParleyToken} from "../../../contracts/ParleyToken.sol";
import {ParticipantRegistry} from "../../../contracts/ParticipantRegistry.sol";
import {RewardVault} from "../../../contracts/RewardVault.sol";
import {RoundCoordinator} from "../../../contracts/RoundCoordinator.sol";
import {RoundLens} from "../../../contracts/RoundLens.sol";
import {StakeVault} from "../../../contracts/StakeVault.sol";
import {
    Admission,
    Header,
    Phase,
    Policy,
    RoundView,
    Rule,
    Settlement,
    Terms
} from "../../../contracts/interfaces/ParleyTypes.sol";

/// @notice A deployed protocol, a default federation and one function per step of a round.
abstract contract Base is Test {
    uint8 internal constant TRAINER_ROLE = 1;
    uint8 internal constant EVALUATOR_ROLE = 2;
    uint8 internal constant AGGREGATOR_ROLE = 4;
    uint256 internal constant MIN_WINDOW = 5;
    uint256 internal constant CHAIN_LENGTH = 64;

    ParticipantRegistry internal registry;
    StakeVault internal stakeVault;
    RewardVault internal rewardVault;
    FederationRegistry internal federationRegistry;
    RoundCoordinator internal coordinator;
    RoundLens internal lens;
    ParleyToken internal token;

    address internal sponsor = makeAddr("sponsor");
    address internal disputes = makeAddr("disputes");
    address[] internal trainers;
    address[] internal evaluators;
    address[] internal aggregators;
    uint256 internal fid;
    bytes32[] internal chain;

    /* -------------------------------------------- DEPLOY ------------------------------------------ */

    /// @dev From the artifacts: `new` would compile all contracts again into every test contract.
    function deploy() internal virtual {
        token = ParleyToken(deployCode("ParleyToken.sol:ParleyToken", abi.encode(sponsor, 1e30)));
        uint256 nonce = vm.getNonce(address(this));
        address predicted = vm.computeCreateAddress(address(this), nonce + 4);
        registry = ParticipantRegistry(deployCode("ParticipantRegistry.sol:ParticipantRegistry"));
        stakeVault = StakeVault(deployCode("StakeVault.sol:StakeVault", abi.encode(predicted)));
        rewardVault = RewardVault(deployCode("RewardVault.sol:RewardVault", abi.encode(predicted)));
        federationRegistry = FederationRegistry(
            deployCode("FederationRegistry.sol:FederationRegistry", abi.encode(registry, predicted, MIN_WINDOW))
        );
        coordinator = RoundCoordinator(
            deployCode(
                "RoundCoordinator.sol:RoundCoordinator",
                abi.encode(registry, stakeVault, rewardVault, federationRegistry, disputes)
            )
        );
        assertEq(address(coordinator), predicted, "the others were told this address");
        lens = RoundLens(deployCode("RoundLens.sol:RoundLens", abi.encode(coordinator)));
    }

    /// @dev k_0 .. k_CHAIN_LENGTH, k_0 the anchor (P-24).
    function makeChain() internal {
        chain = new bytes32[](CHAIN_LENGTH + 1);
        chain[CHAIN_LENGTH] = keccak256("k");
        for (uint256 r = CHAIN_LENGTH; r > 0; --r) {
            chain[r - 1] = keccak256(abi.encode(chain[r]));
        }
    }

    function defaultTerms() internal view virtual returns (Terms memory) {
        return Terms({
            token: address(token),
            rounds: uint24(CHAIN_LENGTH),
            params: 4810,
            fracBits: 24,
            rewardDepth: 10,
            admission: Admission.Open,
            taskDigest: keccak256("task"),
            modelRoot: keccak256("model 0"),
            modelDigest: keccak256("digest 0"),
            anchor: chain[0]
        });
    }

    function defaultPolicy() internal view virtual returns (Policy memory) {
        return Policy({
            train: 30,
            reveal: 10,
            key: 8,
            scoreCommit: 25,
            scoreReveal: 10,
            settle: 12,
            challenge: 6,
            supply: 6,
            minTrainers: 3,
            maxTrainers: 256,
            seats: 32,
            quorum: 3,
            reward: 1000e18,
            bond: 500e18,
            rule: Rule.TrimmedMean,
            trimBps: 2000,
            beta: 32_768,
            trainerStake: 100e18,
            evaluatorStake: 100e18,
            initialNorm: 1 << 24,
            aggregatorStake: 100e18,
            clipSlash: 50e18,
            clip: 1 << 30,
            trainersBps: 7000,
            evaluatorsBps: 2000
        });
    }

    /* ------------------------------------------ FEDERATION ---------------------------------------- */

    function createFederation(Terms memory terms, Policy memory policy) internal returns (uint256 id) {
        vm.prank(sponsor);
        id = federationRegistry.createFederation(terms, policy);
    }

    function fund(uint256 amount) internal {
        vm.startPrank(sponsor);
        token.approve(address(rewardVault), amount);
        rewardVault.fund(fid, amount);
        vm.stopPrank();
    }

    function newOperator(string memory name, uint256 stake) internal returns (address operator) {
        operator = makeAddr(name);
        vm.prank(sponsor);
        assertTrue(token.transfer(operator, stake));
        vm.startPrank(operator);
        registry.register(0);
        token.approve(address(stakeVault), stake);
        stakeVault.deposit(address(token), operator, stake);
        vm.stopPrank();
    }

    function join(string memory name, uint8 roles) internal returns (address operator) {
        operator = newOperator(name, 10_000e18);
        vm.prank(operator);
        federationRegistry.join(fid, roles);
    }

    /// @dev Deploys and opens the doors: `t` trainers, `e` evaluators, `a` aggregators, each with one role.
    function setUpFederation(uint256 t, uint256 e, uint256 a) internal {
        vm.warp(1_700_000_000);
        vm.roll(1000);
        makeChain();
        deploy();
        fid = createFederation(defaultTerms(), defaultPolicy());
        fund(1_000_000e18);
        for (uint256 i; i < t; ++i) {
            trainers.push(join(string.concat("trainer", vm.toString(i)), TRAINER_ROLE));
        }
        for (uint256 i; i < e; ++i) {
            evaluators.push(join(string.concat("evaluator", vm.toString(i)), EVALUATOR_ROLE));
        }
        for (uint256 i; i < a; ++i) {
            aggregators.push(join(string.concat("aggregator", vm.toString(i)), AGGREGATOR_ROLE));
        }
    }

    /* --------------------------------------------- ROUND ------------------------------------------ */

    function noHeader() internal pure returns (Header memory header) {}

    function openRound() internal {
        coordinator.advance(fid, noHeader());
        vm.roll(vm.getBlockNumber() + 3);
        vm.warp(vm.getBlockTimestamp() + 3);
        coordinator.captureSeed(fid);
    }

    function current() internal view returns (uint256) {
        return lens.roundOf(fid).round;
    }

    function secret(string memory what, address who, uint256 round) internal view virtual returns (bytes32) {
        return keccak256(abi.encode(what, who, round));
    }

    function updateCommitment(uint256 round, address operator) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("update"),
                block.chainid,
                address(coordinator),
                fid,
                round,
                operator,
                secret("root", operator, round),
                secret("digest", operator, round),
                secret("salt", operator, round)
            )
        );
    }

    function commitUpdate(address operator) internal {
        uint256 round = current();
        bytes32 commitment = updateCommitment(round, operator);
        vm.prank(operator);
        coordinator.commitUpdate(fid, round, commitment);
    }

    function revealUpdate(address operator) internal {
        uint256 r = current();
        (bytes32 root, bytes32 digest, bytes32 salt) =
            (secret("root", operator, r), secret("digest", operator, r), secret("salt", operator, r));
        vm.prank(operator);
        coordinator.revealUpdate(fid, r, root, digest, salt);
    }

    function openValidation() internal {
        uint256 round = current();
        coordinator.openValidation(fid, round, chain[round]);
    }

    /// @dev A random-looking vector, so that its calldata costs what real ones cost.
    function vectorOf(address operator, uint256 round) internal view virtual returns (bytes memory vector) {
        uint256 n = lens.roundOf(fid).revealed;
        vector = new bytes(8 + 4 * n);
        for (uint256 i; i < vector.length; ++i) {
            vector[i] = keccak256(abi.encode("vector", operator, round, i))[0] | 0x01;
        }
    }

    function commitScores(address operator) internal {
        uint256 round = current();
        bytes32 commitment = keccak256(
            abi.encode(
                keccak256("scores"),
                block.chainid,
                address(coordinator),
                fid,
                round,
                operator,
                keccak256(vectorOf(operator, round)),
                secret("score salt", operator, round)
            )
        );
        vm.prank(operator);
        coordinator.commitScores(fid, round, commitment);
    }

    function revealScores(address operator) internal {
        uint256 round = current();
        bytes memory vector = vectorOf(operator, round);
        bytes32 salt = secret("score salt", operator, round);
        vm.prank(operator);
        coordinator.revealScores(fid, round, vector, salt);
    }

    function settlementOf(uint256 round) internal view returns (Settlement memory s) {
        s.medians = new bytes(4 * uint256(lens.roundOf(fid).revealed));
        for (uint256 i; i < s.medians.length; ++i) {
            s.medians[i] = keccak256(abi.encode("median", round, i))[0] | 0x01;
        }
        s.norm = uint64(uint256(keccak256(abi.encode("norm", round))));
        s.earned = 900e18;
        s.rowRoot = keccak256(abi.encode("rows", round));
        s.modelRoot = keccak256(abi.encode("model", round));
        s.modelDigest = keccak256(abi.encode("digest", round));
        s.rewardRoot = keccak256(abi.encode("rewards", round));
    }

    function headerOf(Settlement memory s, address aggregator) internal view returns (Header memory) {
        return Header({
            mediansHash: keccak256(s.medians),
            norm: s.norm,
            earned: s.earned,
            rowRoot: s.rowRoot,
            modelRoot: s.modelRoot,
            modelDigest: s.modelDigest,
            rewardRoot: s.rewardRoot,
            turn: lens.roundOf(fid).turn,
            aggregator: aggregator,
            postedAt: uint64(vm.getBlockTimestamp())
        });
    }

    /// @dev The aggregator whose turn `turn` is, if nobody joined or left since the opening.
    function aggregatorOf(uint256 turn) internal view returns (address) {
        return aggregators[lens.turnPosition(fid, turn)];
    }

    function settle(address operator, Settlement memory s) internal returns (Header memory header) {
        uint256 round = current();
        header = headerOf(s, operator);
        vm.roll(vm.getBlockNumber() + 1);
        uint256 number = vm.getBlockNumber() - 1;
        bytes32 hash = blockhash(number);
        vm.prank(operator);
        coordinator.settle(fid, round, header.turn, s, number, hash);
    }

    /// @dev One second and one block later. The cheatcodes' getters, for the optimiser takes `block.number` and
    /// `block.timestamp` for constants within a call.
    function tick() internal {
        vm.warp(vm.getBlockTimestamp() + 1);
        vm.roll(vm.getBlockNumber() + 1);
    }

    function trainAll() internal {
        for (uint256 i; i < trainers.length; ++i) {
            commitUpdate(trainers[i]);
        }
        tick();
        for (uint256 i; i < trainers.length; ++i) {
            revealUpdate(trainers[i]);
        }
        tick();
    }

    function scoreAll() internal {
        openValidation();
        tick();
        for (uint256 i; i < evaluators.length; ++i) {
            commitScores(evaluators[i]);
        }
        tick();
        for (uint256 i; i < evaluators.length; ++i) {
            revealScores(evaluators[i]);
        }
        tick();
    }

    /// @dev From an open round to its settlement in the first turn.
    function playToSettlement() internal returns (Header memory header) {
        trainAll();
        scoreAll();
        header = settle(aggregatorOf(0), settlementOf(current()));
    }

    /// @dev A whole round; the next one is open afterwards, its seed captured.
    function playRound() internal {
        Header memory header = playToSettlement();
        vm.warp(lens.roundOf(fid).finalAt);
        coordinator.advance(fid, header);
        vm.roll(vm.getBlockNumber() + 3);
        vm.warp(vm.getBlockTimestamp() + 3);
        coordinator.captureSeed(fid);
    }

    function assertPhase(Phase expected) internal view {
        RoundView memory r = lens.roundOf(fid);
        assertEq(uint256(r.phase), uint256(expected), "phase");
    }
}
