// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {IFederationRegistry} from "../../contracts/interfaces/IFederationRegistry.sol";
import {Admission, Policy, Rule, Terms} from "../../contracts/interfaces/ParleyTypes.sol";
import {Limits} from "../../contracts/libraries/Limits.sol";

/// @notice {Limits} takes calldata, so a contract stands before it.
contract LimitsHarness {
    function checkTerms(Terms calldata terms) external view {
        Limits.check(terms);
    }

    function checkPolicy(Policy calldata policy, uint256 minWindow) external pure {
        Limits.check(policy, minWindow);
    }
}

/// @title LimitsTest
/// @notice Terms and policies at every limit of section 5: the last value in is accepted, the first one out is refused by
/// its name.
contract LimitsTest is Test {
    uint256 private constant MIN_WINDOW = 5;
    uint24 private constant LONG = 30 days;
    uint24 private constant TURN = 3 days;
    uint96 private constant MAX96 = type(uint96).max;

    LimitsHarness private harness = new LimitsHarness();
    Terms private t;
    Policy private p;

    function setUp() public {
        t = Terms({
            token: address(harness),
            rounds: 64,
            params: 4810,
            fracBits: 24,
            rewardDepth: 10,
            admission: Admission.Open,
            taskDigest: keccak256("task"),
            modelRoot: keccak256("model"),
            modelDigest: keccak256("digest"),
            anchor: 0
        });
        (p.train, p.reveal, p.key, p.scoreCommit, p.scoreReveal) = (30, 10, 8, 25, 10);
        (p.settle, p.challenge, p.supply) = (12, 6, 6);
        (p.minTrainers, p.maxTrainers, p.seats, p.quorum) = (3, 256, 32, 3);
        (p.reward, p.bond, p.rule, p.trimBps, p.beta) = (1000, 500, Rule.TrimmedMean, 2000, 32_768);
        (p.trainerStake, p.evaluatorStake, p.aggregatorStake, p.clipSlash) = (100, 100, 100, 50);
        (p.initialNorm, p.clip, p.trainersBps, p.evaluatorsBps) = (1 << 24, 1 << 30, 7000, 2000);
        _acceptTerms();
        _accept();
    }

    /* -------------------------------------------- TERMS ------------------------------------------- */

    /// @notice Section 5: the token must be a contract; an EOA or zero would swallow or brick every stake.
    function testFuzz_RevertWhen_terms_tokenWithoutCode(address token) public {
        vm.assume(token.code.length == 0);
        t.token = token;
        _refuseTerms("token", uint160(token));
    }

    /// @notice P-8: 1 to 2**20 rounds.
    function test_terms_rounds() public {
        t.rounds = 0;
        _refuseTerms("rounds", 0);
        t.rounds = 1;
        _acceptTerms();
        t.rounds = 1 << 20;
        _acceptTerms();
        t.rounds = (1 << 20) + 1;
        _refuseTerms("rounds", (1 << 20) + 1);
    }

    /// @notice P-4: 1 to 2**27 parameters.
    function test_terms_params() public {
        t.params = 0;
        _refuseTerms("params", 0);
        t.params = 1;
        _acceptTerms();
        t.params = 1 << 27;
        _acceptTerms();
        t.params = (1 << 27) + 1;
        _refuseTerms("params", (1 << 27) + 1);
    }

    /// @notice P-1: 0 to 30 fraction bits.
    function test_terms_fracBits() public {
        t.fracBits = 0;
        _acceptTerms();
        t.fracBits = 30;
        _acceptTerms();
        t.fracBits = 31;
        _refuseTerms("fracBits", 31);
    }

    /// @notice P-12: a reward tree of depth 1 to 16.
    function test_terms_rewardDepth() public {
        t.rewardDepth = 0;
        _refuseTerms("rewardDepth", 0);
        t.rewardDepth = 1;
        _acceptTerms();
        t.rewardDepth = 16;
        _acceptTerms();
        t.rewardDepth = 17;
        _refuseTerms("rewardDepth", 17);
    }

    /// @notice P-3, P-5: task and genesis model must be there.
    function test_RevertWhen_terms_digestMissing() public {
        t.taskDigest = 0;
        _refuseTerms("taskDigest", 0);
        (t.taskDigest, t.modelRoot) = (keccak256("task"), 0);
        _refuseTerms("modelRoot", 0);
        (t.modelRoot, t.modelDigest) = (keccak256("model"), 0);
        _refuseTerms("modelDigest", 0);
    }

    /// @notice P-24: an anchor may be there or not.
    function testFuzz_terms_anchorIsFree(bytes32 anchor) public {
        t.anchor = anchor;
        _acceptTerms();
    }

    /// @notice Section 5: terms are good exactly if each one is in range.
    function testFuzz_terms_exactlyWhatIsInRange(uint24 rounds, uint32 params, uint8 fracBits, uint8 depth) public {
        if (rounds % 3 != 0) rounds = uint24(bound(rounds, 0, (1 << 20) + 1));
        if (params % 3 != 0) params = uint32(bound(params, 0, (1 << 27) + 1));
        if (fracBits % 3 != 0) fracBits = uint8(bound(fracBits, 0, 31));
        if (depth % 3 != 0) depth = uint8(bound(depth, 0, 17));
        (t.rounds, t.params, t.fracBits, t.rewardDepth) = (rounds, params, fracBits, depth);
        bool good = rounds >= 1 && rounds <= 1_048_576 && params >= 1 && params <= 134_217_728 && fracBits <= 30
            && depth >= 1 && depth <= 16;
        assertEq(_isGood(abi.encodeCall(harness.checkTerms, (t))), good);
    }

    /* ------------------------------------------- WINDOWS ------------------------------------------ */

    /// @notice Section 5, F-51: windows of a phase last the deployment's minimum to 30 days.
    function test_policy_train() public {
        p.train = 4;
        _refuse("train", 4);
        p.train = 5;
        _accept();
        p.train = LONG;
        _accept();
        p.train = LONG + 1;
        _refuse("train", LONG + 1);
    }

    function test_policy_reveal() public {
        p.reveal = 4;
        _refuse("reveal", 4);
        p.reveal = 5;
        _accept();
        p.reveal = LONG;
        _accept();
        p.reveal = LONG + 1;
        _refuse("reveal", LONG + 1);
    }

    function test_policy_key() public {
        p.key = 4;
        _refuse("key", 4);
        p.key = 5;
        _accept();
        p.key = LONG;
        _accept();
        p.key = LONG + 1;
        _refuse("key", LONG + 1);
    }

    function test_policy_scoreCommit() public {
        p.scoreCommit = 4;
        _refuse("scoreCommit", 4);
        p.scoreCommit = 5;
        _accept();
        p.scoreCommit = LONG;
        _accept();
        p.scoreCommit = LONG + 1;
        _refuse("scoreCommit", LONG + 1);
    }

    function test_policy_scoreReveal() public {
        p.scoreReveal = 4;
        _refuse("scoreReveal", 4);
        p.scoreReveal = 5;
        _accept();
        p.scoreReveal = LONG;
        _accept();
        p.scoreReveal = LONG + 1;
        _refuse("scoreReveal", LONG + 1);
    }

    /// @notice Section 5: windows that may come again in each turn last 3 days at most.
    function test_policy_settle() public {
        p.settle = 4;
        _refuse("settle", 4);
        p.settle = 5;
        _accept();
        p.settle = TURN;
        _accept();
        p.settle = TURN + 1;
        _refuse("settle", TURN + 1);
    }

    function test_policy_challenge() public {
        p.challenge = 4;
        _refuse("challenge", 4);
        p.challenge = 5;
        _accept();
        p.challenge = TURN;
        _accept();
        p.challenge = TURN + 1;
        _refuse("challenge", TURN + 1);
    }

    /// @notice P-22: so does the time to supply data.
    function test_policy_supply() public {
        p.supply = 4;
        _refuse("supply", 4);
        p.supply = 5;
        _accept();
        p.supply = TURN;
        _accept();
        p.supply = TURN + 1;
        _refuse("supply", TURN + 1);
    }

    /// @notice Section 5: the minimum is the deployment's, whatever it is; the first window below it is named.
    function testFuzz_policy_minWindowIsTheDeployments(uint256 minWindow) public {
        minWindow = bound(minWindow, 0, 100);
        if (minWindow > 6) {
            bytes32 name = minWindow > 30 ? bytes32("train") : minWindow > 10 ? bytes32("reveal") : bytes32("key");
            uint256 value = minWindow > 30 ? 30 : minWindow > 10 ? 10 : 8;
            if (minWindow <= 8) (name, value) = ("challenge", 6);
            vm.expectRevert(
                abi.encodeWithSelector(IFederationRegistry.FederationRegistry_PolicyInvalid.selector, name, value)
            );
        }
        harness.checkPolicy(p, minWindow);
    }

    /* ------------------------------------------- ROSTERS ------------------------------------------ */

    /// @notice Section 5, F-19: 3 to 256 trainers, the minimum not above the maximum.
    function test_policy_trainers() public {
        p.minTrainers = 2;
        _refuse("minTrainers", 2);
        (p.minTrainers, p.maxTrainers) = (3, 3);
        _accept();
        p.maxTrainers = 2;
        _refuse("maxTrainers", 2);
        (p.minTrainers, p.maxTrainers) = (256, 256);
        _accept();
        p.maxTrainers = 255;
        _refuse("maxTrainers", 255);
        (p.minTrainers, p.maxTrainers) = (3, 257);
        _refuse("maxTrainers", 257);
        (p.minTrainers, p.maxTrainers) = (257, 257);
        _refuse("minTrainers", 257);
    }

    /// @notice Section 5: 3 to 32 seats, a quorum of 3 up to all of them.
    function test_policy_seatsAndQuorum() public {
        (p.seats, p.quorum) = (2, 2);
        _refuse("seats", 2);
        (p.seats, p.quorum) = (3, 3);
        _accept();
        p.quorum = 2;
        _refuse("quorum", 2);
        p.quorum = 4;
        _refuse("quorum", 4);
        (p.seats, p.quorum) = (32, 32);
        _accept();
        p.quorum = 33;
        _refuse("quorum", 33);
        (p.seats, p.quorum) = (33, 3);
        _refuse("seats", 33);
    }

    /* ------------------------------------------- AMOUNTS ------------------------------------------ */

    /// @notice P-16: there must be a bond to lose.
    function test_policy_bond() public {
        p.bond = 0;
        _refuse("bond", 0);
        p.bond = 1;
        _accept();
        p.bond = MAX96;
        _accept();
    }

    /// @notice P-8: any reward can be had, none included.
    function testFuzz_policy_rewardAndBetaAreFree(uint96 reward, uint16 beta) public {
        (p.reward, p.beta) = (reward, beta);
        _accept();
    }

    /// @notice F-1: stakes of all roles together fit 96 bits: one member word holds them.
    function test_policy_stakes() public {
        (p.trainerStake, p.evaluatorStake, p.aggregatorStake, p.clipSlash) = (MAX96, 0, 0, MAX96);
        _accept();
        p.evaluatorStake = 1;
        _refuse("stakes", uint256(MAX96) + 1);
        (p.trainerStake, p.evaluatorStake, p.clipSlash) = (MAX96, MAX96, 0);
        p.aggregatorStake = MAX96;
        _refuse("stakes", 3 * uint256(MAX96));
        (p.trainerStake, p.evaluatorStake, p.aggregatorStake) = (0, 0, 0);
        _accept();
    }

    /// @notice P-17: sum of slashed <= stake: a trainer's stake covers the slash for its clip violation.
    function testFuzz_policy_clipSlashIsCovered(uint96 stake, uint96 slash) public {
        (p.trainerStake, p.evaluatorStake, p.aggregatorStake, p.clipSlash) = (stake, 0, 0, slash);
        if (slash <= stake) _accept();
        else _refuse("trainerStake", stake);
    }

    /* -------------------------------------------- RULE -------------------------------------------- */

    /// @notice P-6: less than half is trimmed at each end, so that something is left.
    function test_policy_trimBps() public {
        p.trimBps = 0;
        _accept();
        p.trimBps = 4999;
        _accept();
        p.trimBps = 5000;
        _refuse("trimBps", 5000);
    }

    /// @notice P-25: the first norm is not zero.
    function test_policy_initialNorm() public {
        p.initialNorm = 0;
        _refuse("initialNorm", 0);
        p.initialNorm = 1;
        _accept();
        p.initialNorm = type(uint64).max;
        _accept();
    }

    /// @notice P-2: the clip is 1 to 2**31 - 1.
    function test_policy_clip() public {
        p.clip = 0;
        _refuse("clip", 0);
        p.clip = 1;
        _accept();
        p.clip = 0x7FFFFFFF;
        _accept();
        p.clip = 0x80000000;
        _refuse("clip", 0x80000000);
    }

    /// @notice P-12: the pools share 10000 basis points; either may be all or nothing.
    function test_policy_shares() public {
        (p.trainersBps, p.evaluatorsBps) = (10_000, 0);
        _accept();
        p.evaluatorsBps = 1;
        _refuse("evaluatorsBps", 1);
        (p.trainersBps, p.evaluatorsBps) = (10_001, 0);
        _refuse("trainersBps", 10_001);
        (p.trainersBps, p.evaluatorsBps) = (0, 10_000);
        _accept();
        p.evaluatorsBps = 10_001;
        _refuse("evaluatorsBps", 10_001);
        (p.trainersBps, p.evaluatorsBps) = (0, 0);
        _accept();
    }

    /// @notice P-6: every rule there is.
    function test_policy_rules() public {
        for (uint256 rule; rule <= uint256(type(Rule).max); ++rule) {
            p.rule = Rule(rule);
            _accept();
        }
    }

    /* ----------------------------------------- ANY POLICY ----------------------------------------- */

    /// @notice Section 5: a policy is good exactly if each parameter is in range, whatever the others are.
    function testFuzz_policy_exactlyWhatIsInRange(uint256[24] memory words, uint256 stray) public view {
        Policy memory policy = _from(words);
        _pull(policy);
        bytes memory call_ = abi.encodeCall(harness.checkPolicy, (policy, MIN_WINDOW));
        assertEq(_isGood(call_), _windowsGood(policy) && _restGood(policy));
        Policy memory strange = _from(words);
        if (stray % 3 == 0) (policy.train, policy.quorum, policy.clip) = (strange.train, strange.quorum, strange.clip);
        if (stray % 3 == 1) (policy.supply, policy.bond, policy.seats) = (strange.supply, strange.bond, strange.seats);
        if (stray % 3 == 2) policy = strange;
        call_ = abi.encodeCall(harness.checkPolicy, (policy, MIN_WINDOW));
        assertEq(_isGood(call_), _windowsGood(policy) && _restGood(policy));
    }

    /// @dev Parameters cut from random words; not from a random struct, whose rule would not be one.
    function _from(uint256[24] memory w) private pure returns (Policy memory q) {
        (q.train, q.reveal, q.key, q.scoreCommit) = (uint24(w[0]), uint24(w[1]), uint24(w[2]), uint24(w[3]));
        (q.scoreReveal, q.settle, q.challenge, q.supply) = (uint24(w[4]), uint24(w[5]), uint24(w[6]), uint24(w[7]));
        (q.minTrainers, q.maxTrainers, q.seats, q.quorum) = (uint16(w[8]), uint16(w[9]), uint8(w[10]), uint8(w[11]));
        (q.reward, q.bond, q.trimBps, q.beta) = (uint96(w[12]), uint96(w[13]), uint16(w[14]), uint16(w[15]));
        (q.trainerStake, q.evaluatorStake, q.aggregatorStake) = (uint96(w[16]), uint96(w[17]), uint96(w[18]));
        (q.initialNorm, q.clipSlash, q.clip) = (uint64(w[19]), uint96(w[20]), uint32(w[21]));
        (q.trainersBps, q.evaluatorsBps, q.rule) = (uint16(w[22]), uint16(w[23]), Rule(w[23] % 4));
    }

    /// @dev Pulls each parameter to its range or one beyond, so that both answers come up.
    function _pull(Policy memory q) private pure {
        q.train = uint24(bound(q.train, 5, LONG));
        q.reveal = uint24(bound(q.reveal, 5, LONG));
        q.key = uint24(bound(q.key, 5, LONG));
        q.scoreCommit = uint24(bound(q.scoreCommit, 5, LONG));
        q.scoreReveal = uint24(bound(q.scoreReveal, 5, LONG));
        q.settle = uint24(bound(q.settle, 5, TURN));
        q.challenge = uint24(bound(q.challenge, 5, TURN));
        q.supply = uint24(bound(q.supply, 5, TURN));
        q.maxTrainers = uint16(bound(q.maxTrainers, 3, 256));
        q.minTrainers = uint16(bound(q.minTrainers, 3, q.maxTrainers));
        q.seats = uint8(bound(q.seats, 3, 32));
        q.quorum = uint8(bound(q.quorum, 3, uint256(q.seats) + 1));
        q.trimBps = uint16(bound(q.trimBps, 0, 5000));
        q.clip = uint32(bound(q.clip, 0, 0x7FFFFFFF));
        q.trainerStake = uint96(bound(q.trainerStake, 0, MAX96 / 2));
        q.evaluatorStake = uint96(bound(q.evaluatorStake, 0, MAX96 / 4));
        q.aggregatorStake = uint96(bound(q.aggregatorStake, 0, MAX96 / 4));
        q.clipSlash = uint96(bound(q.clipSlash, 0, uint256(q.trainerStake) + 1));
        q.trainersBps = uint16(bound(q.trainersBps, 0, 10_000));
        q.evaluatorsBps = uint16(bound(q.evaluatorsBps, 0, 10_001 - q.trainersBps));
    }

    function _windowsGood(Policy memory q) private pure returns (bool) {
        return q.train >= 5 && q.train <= 2_592_000 && q.reveal >= 5 && q.reveal <= 2_592_000 && q.key >= 5
            && q.key <= 2_592_000 && q.scoreCommit >= 5 && q.scoreCommit <= 2_592_000 && q.scoreReveal >= 5
            && q.scoreReveal <= 2_592_000 && q.settle >= 5 && q.settle <= 259_200 && q.challenge >= 5
            && q.challenge <= 259_200 && q.supply >= 5 && q.supply <= 259_200;
    }

    function _restGood(Policy memory q) private pure returns (bool) {
        bool rosters = q.minTrainers >= 3 && q.minTrainers <= q.maxTrainers && q.maxTrainers <= 256 && q.seats >= 3
            && q.seats <= 32 && q.quorum >= 3 && q.quorum <= q.seats;
        bool stakes = uint256(q.trainerStake) + q.evaluatorStake + q.aggregatorStake <= MAX96
            && q.clipSlash <= q.trainerStake && q.bond >= 1;
        bool rule = q.trimBps < 5000 && q.initialNorm >= 1 && q.clip >= 1 && q.clip < 1 << 31
            && uint256(q.trainersBps) + q.evaluatorsBps <= 10_000;
        return rosters && stakes && rule;
    }

    /* ------------------------------------------- HELPERS ------------------------------------------ */

    function _isGood(bytes memory call_) private view returns (bool ok) {
        (ok,) = address(harness).staticcall(call_);
    }

    function _acceptTerms() private view {
        harness.checkTerms(t);
    }

    function _refuseTerms(bytes32 name, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFederationRegistry.FederationRegistry_TermsInvalid.selector, name, value)
        );
        harness.checkTerms(t);
    }

    function _accept() private view {
        harness.checkPolicy(p, MIN_WINDOW);
    }

    function _refuse(bytes32 name, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFederationRegistry.FederationRegistry_PolicyInvalid.selector, name, value)
        );
        harness.checkPolicy(p, MIN_WINDOW);
    }
}
