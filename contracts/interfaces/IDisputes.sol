// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundCoordinator} from "./IRoundCoordinator.sol";
import {Header} from "./ParleyTypes.sol";

/// @notice The trees whose nodes can be demanded (P-22).
enum Tree {
    Row,
    Model,
    Reward,
    Update
}

/// @notice A node of a tree of a posted settlement.
/// @param tree Which tree: of the rows, of the next model, of the rewards, or of an included update.
/// @param update Reveal index of the update; 0 for the other trees.
/// @param level 0 is the root; a multiple of 8, or the leaf level of the tree of rows.
/// @param index Counted from the left within its level.
struct Node {
    Tree tree;
    uint16 update;
    uint8 level;
    uint32 index;
}

/// @notice A member's leaf of the reward tree, posted and as it was.
/// @param index Member index; any leaf of the tree.
/// @param operator To whom the index was given; ignored while it is given to nobody.
/// @param leaf The leaf under the posted reward root.
/// @param path Its siblings, from the leaf upwards.
/// @param previous What the operator had earned before the round, in units of the token's decimals.
/// @param previousPath Siblings of the leaf under the last final reward root; empty before the first.
struct RewardProof {
    uint256 index;
    address operator;
    bytes32 leaf;
    bytes32[] path;
    uint128 previous;
    bytes32[] previousPath;
}

/// @title IDisputes
/// @notice Every disproof and data demand (sections 1 and 7): the only address the coordinator accepts a conviction from.
///
/// A settlement is asserted, not computed, on chain. Whoever finds one wrong word, median, leaf or sum of it shows it here in
/// one call, at any time before `finalAt`: the settlement is deleted, half of its bond goes to the prover, half is burned,
/// and the next aggregator's turn begins in the same transaction. Nobody needs a registration, a role or a bond for that.
/// Several wrong things in one settlement convict once. If what is shown is right, every call reverts with
/// `Disputes_NothingWrong`; nothing committed can make one panic.
///
/// *A prover cannot be robbed* (P-16). A proof travels in the open, so it is committed first: `commitDisproof` of
/// `keccak256(abi.encode(settlement, selector, keccak256(arguments), sender))` in an earlier block, after the settlement was
/// posted; `settlement` is the settlement's hash (for {disproveClip}, which needs no settlement, the update's revealed root),
/// `arguments` all calldata after the selector, `sender` whoever sends the proof and is paid. A proof that nobody committed
/// convicts too, but burns everything, so that a copy is worth nothing.
///
/// *Withheld data* (P-22). A settlement whose roots nobody can open would be safe from disproof. So anyone may demand a node
/// of one of its trees, and anyone may supply the node's descendants up to eight levels down, all in an event. A demand that
/// is unanswered after the supply window convicts, half to the demander. Step t is level `min(8 * t, depth)`; its nodes may be
/// demanded until `E_t = E_0 + t * (supply + challenge)`, E_0 the end of the challenge as it was when the settlement was posted. The
/// first demand of a step puts `finalAt` off to `E_t + supply`, the first answer to `E_(t+1)`; so a settlement is final or convicted
/// after at most `ceil(D / 8) + 1` steps. It is not final while a demand is open.
///
/// The demander's fee in ETH pays for the supplier's gas. It stays here until the settlement's outcome: if that is final, the
/// supplier gets the gas at the base fee of its block, at most the fee, and the rest is burned; after a conviction the demander
/// gets all of it back. {release} books it, {pay} sends it. The floor of the deployment is to hold what the base fee does not:
/// a usual tip, and on a rollup the price of 8 KiB of data.
///
/// The contract takes reveal indices, seats, roles and the list of revealed vectors from the coordinator's storage, never from
/// the prover, who may omit nothing. Paths run from the leaf upwards and have exactly the depth of their tree: D of P-3 for rows,
/// models and updates, `rewardDepth` for rewards.
///
/// Warning: an aggregator that does not answer a demand loses its bond, honest or not. It must watch its settlement and
/// keep its data until the round is final.
/// Warning: demands are not committed: whoever demands a node first gets the reward, a culprit's friend as well. Half of the bond
/// burns all the same.
/// Warning: whoever copies an answer and is first is paid for it.
/// Warning: a row too long for a transaction can be demanded, not sent: the demand expires and convicts.
/// Warning: leaves of the last final reward root are taken as right. If a wrong one was never disproved, the leaves that it
/// spoilt cannot be judged any more.
interface IDisputes {
    /* ------------------------------------------- EVENTS ------------------------------------------- */

    /// @notice A proof is committed (P-16).
    event DisproofCommitted(bytes32 indexed commitment, address indexed sender);
    /// @notice A trainer was shown to have revealed an update with a parameter beyond the clip; `prover` is zero if nobody
    /// gets the reward (P-16).
    event ClipDisproved(uint256 indexed fid, uint256 indexed round, address indexed operator, address prover);
    /// @notice A node is demanded; its descendants must be supplied before `deadline` (seconds). `fee` is in wei.
    event Demanded(
        uint256 indexed fid,
        bytes32 indexed settlement,
        address indexed demander,
        Node node,
        bytes32 hash,
        uint256 deadline,
        uint256 fee
    );
    /// @notice A demand is answered: `content` holds the descendants of the node, 32 bytes each from the left, or the row.
    event Supplied(uint256 indexed fid, bytes32 indexed settlement, address indexed supplier, Node node, bytes content);
    /// @notice The fee of a demand is booked: `paid` of it, in wei, to `to`, and the rest to be burned.
    event Released(uint256 indexed fid, bytes32 indexed settlement, address indexed to, Node node, uint256 paid);
    /// @notice `amount` wei left for `account`.
    event Paid(address indexed account, uint256 amount);

    /* ------------------------------------------- ERRORS ------------------------------------------- */

    /// @notice Thrown when the node was demanded before.
    error Disputes_AlreadyDemanded(Node node);
    /// @notice Thrown when the operator was slashed for its update of this round already.
    error Disputes_AlreadySlashed(address operator, uint256 round);
    /// @notice Thrown when the demand was answered.
    error Disputes_AlreadySupplied(address supplier);
    /// @notice Thrown when what is supplied has another length than the node's descendants, in bytes.
    error Disputes_ContentLength(uint256 length, uint256 expected);
    /// @notice Thrown when what is supplied does not hash up to the node.
    error Disputes_ContentMismatch(bytes32 expected, bytes32 actual);
    /// @notice Thrown when the fee sent is too small, wei.
    error Disputes_FeeTooSmall(uint256 sent, uint256 needed);
    /// @notice Thrown when the word is beyond the model: `index` of `words`.
    error Disputes_IndexTooLarge(uint256 index, uint256 words);
    /// @notice Thrown when the medians are not the settlement's.
    error Disputes_MediansMismatch(bytes32 expected, bytes32 actual);
    /// @notice Thrown when the contract was not deployed for this coordinator.
    error Disputes_Miswired(address coordinator);
    /// @notice Thrown when nodes of this level are not demanded, or the tree or update is none of the settlement.
    error Disputes_NodeInvalid(Node node);
    /// @notice Thrown when what is shown is right.
    error Disputes_NothingWrong();
    /// @notice Thrown when a word, row, leaf or node is not under its root.
    error Disputes_NotUnderRoot(bytes32 root, uint256 index);
    /// @notice Thrown when there is nothing to pay out.
    error Disputes_NothingToPay(address account);
    /// @notice Thrown when the header is not that of a posted settlement.
    error Disputes_NotPosted(bytes32 expected, bytes32 actual);
    /// @notice Thrown when the operator revealed no update in this round, or the round is over.
    error Disputes_NotRevealed(address operator, uint256 round);
    /// @notice Thrown when the settlement is neither final nor convicted, so that fees wait.
    error Disputes_OutcomeOpen(bytes32 settlement);
    /// @notice Thrown when ETH could not be sent.
    error Disputes_PaymentFailed(address account, uint256 amount);
    /// @notice Thrown when the demand may still be answered, until `deadline` (seconds).
    error Disputes_TooEarly(uint256 time, uint256 deadline);
    /// @notice Thrown when the call comes at or after `deadline` (seconds).
    error Disputes_TooLate(uint256 time, uint256 deadline);
    /// @notice Thrown when there is no such demand.
    error Disputes_Undemanded(Node node);
    /// @notice Thrown when not all revealed vectors are given: `count` of `expected`.
    error Disputes_VectorsMissing(uint256 count, uint256 expected);
    /// @notice Thrown when a vector is not the one revealed in this seat.
    error Disputes_VectorMismatch(uint256 seat);
    /// @notice Thrown when the member index was not given to this operator.
    error Disputes_WrongOperator(address operator, uint256 index);

    /* ----------------------------------------- SETTLEMENTS ---------------------------------------- */

    /// @notice Commits to a proof that the caller will send itself (P-16). Repeating a commitment makes it younger; nobody else
    /// can do that.
    /// @dev Emits `DisproofCommitted`.
    /// @param commitment See above.
    function commitDisproof(bytes32 commitment) external;

    /// @notice Shows a row whose new word is not what P-6 makes of the others, whose length is wrong or which, beyond the
    /// model (`words <= index < 2**D`), is not all zero parameters.
    /// @dev Trimmed mean and median take the values of the ranks in question as witnesses and count (P-15); reverts with
    /// `Disproof_WitnessInvalid` where they are not.
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param medians Of the posted settlement.
    /// @param row Word `index` of every included update, then of the previous, the old and the new model.
    /// @param index The row's, below 2**D.
    /// @param path From the row's leaf to `rowRoot`.
    /// @param lane The wrong parameter of the word, 0 (leftmost) to 7; any for a wrong length or beyond the model.
    /// @param lo Trimmed mean: the k-th smallest scaled value from 0; median: the median; offset-binary. Else ignored.
    /// @param hi Trimmed mean: the k-th largest scaled value from 0. Else ignored.
    function disproveArithmetic(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        uint256 lane,
        uint256 lo,
        uint256 hi
    ) external;

    /// @notice Shows a row whose word of an included update is not the update's.
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param medians Of the posted settlement.
    /// @param row The row.
    /// @param index The row's, below the number of words.
    /// @param path From the row's leaf to `rowRoot`.
    /// @param slot Position among the included updates, from 0.
    /// @param word Word `index` of that update.
    /// @param wordPath From the word to the update's revealed root.
    function disproveUpdate(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        uint256 slot,
        bytes32 word,
        bytes32[] calldata wordPath
    ) external;

    /// @notice Shows a row whose word of the old or the previous model is not that of the last two final models.
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param row The row.
    /// @param index The row's, below the number of words.
    /// @param path From the row's leaf to `rowRoot`.
    /// @param previous True for the previous model, false for the old one.
    /// @param word Word `index` of that model.
    /// @param wordPath From the word to the model's root.
    function disproveOldModel(
        uint256 fid,
        Header calldata header,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        bool previous,
        bytes32 word,
        bytes32[] calldata wordPath
    ) external;

    /// @notice Shows a row whose new word is not that of the posted model.
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param row The row.
    /// @param index The row's, below 2**D.
    /// @param path From the row's leaf to `rowRoot`.
    /// @param word Word `index` of the posted model.
    /// @param wordPath From the word to `modelRoot`.
    function disproveNewModel(
        uint256 fid,
        Header calldata header,
        bytes calldata row,
        uint256 index,
        bytes32[] calldata path,
        bytes32 word,
        bytes32[] calldata wordPath
    ) external;

    /// @notice Shows that a settled score, scale or the norm is not what the revealed vectors give (P-11).
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param medians Of the posted settlement.
    /// @param vectors All revealed vectors in the order of their seats.
    /// @param index Reveal index; the number of revealed updates for the norm.
    function disproveMedian(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes[] calldata vectors,
        uint256 index
    ) external;

    /// @notice Shows that a leaf of the posted reward tree is not the previous one plus what this round earned the member, by
    /// the posted medians (P-12, P-26). The leaf of an index that is given to nobody must be zero.
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param medians Of the posted settlement; ignored where the index is given to nobody.
    /// @param vectors All revealed vectors in the order of their seats; ignored if the member revealed none.
    /// @param proof The leaf, and what it should continue.
    function disproveReward(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        bytes[] calldata vectors,
        RewardProof calldata proof
    ) external;

    /// @notice Shows that `earned` is not the sum of what the round pays by the posted medians (P-12, P-26).
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param medians Of the posted settlement.
    /// @param vectors All revealed vectors in the order of their seats.
    function disproveEarned(uint256 fid, Header calldata header, bytes calldata medians, bytes[] calldata vectors)
        external;

    /* ------------------------------------------- MEMBERS ------------------------------------------ */

    /// @notice Shows a parameter beyond the clip in an update that a trainer revealed in the current round: the trainer loses
    /// the policy's `clipSlash`, or what is left of its stake, once per round; the settlement stands. Works from the reveal
    /// until the round is over; neither leaving nor another worker key helps the trainer.
    /// @dev Emits `ClipDisproved`.
    /// @param fid Federation.
    /// @param operator The trainer.
    /// @param parameter The parameter's number, from 0.
    /// @param word The word that holds it.
    /// @param path From the word to the update's revealed root.
    function disproveClip(uint256 fid, address operator, uint256 parameter, bytes32 word, bytes32[] calldata path)
        external;

    /* -------------------------------------------- DATA -------------------------------------------- */

    /// @notice Demands the descendants of a node of the posted settlement. Each node can be demanded once. What is sent beyond
    /// {demandFee} comes back at once.
    /// @dev Emits `Demanded`.
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param medians Of the posted settlement; ignored unless the node is an update's or a leaf of the rows' tree.
    /// @param node Which node.
    /// @param hash The node itself.
    /// @param path Its siblings upwards, `level` of them.
    function demand(
        uint256 fid,
        Header calldata header,
        bytes calldata medians,
        Node calldata node,
        bytes32 hash,
        bytes32[] calldata path
    ) external payable;

    /// @notice Answers a demand, before its deadline. Anyone may answer, and whoever does is paid.
    /// @dev Emits `Supplied`.
    /// @param fid Federation.
    /// @param node Which node of the posted settlement.
    /// @param content The node's descendants `min(8, depth - level)` levels down, 32 bytes each from the left; of a leaf of the
    /// rows' tree the row.
    function supply(uint256 fid, Node calldata node, bytes calldata content) external;

    /// @notice Convicts the posted settlement of not answering a demand before its deadline. Anyone may call; half of the bond
    /// goes to the demander.
    /// @param fid Federation.
    /// @param header Of the posted settlement.
    /// @param node The node that was demanded.
    function expire(uint256 fid, Header calldata header, Node calldata node) external;

    /// @notice Books the fee of a demand once the settlement's outcome is known. Anyone may call.
    /// @dev Emits `Released`.
    /// @param fid Federation.
    /// @param settlement The settlement's hash.
    /// @param node The node that was demanded.
    function release(uint256 fid, bytes32 settlement, Node calldata node) external;

    /// @notice Sends an account all ETH that is booked for it; for the burn address, what is to be burned. Anyone may call.
    /// @dev Emits `Paid`.
    /// @param account Whose.
    function pay(address account) external;

    /* -------------------------------------------- VIEWS ------------------------------------------- */

    /// @notice When a proof was committed: the block's timestamp (seconds) and number; zeros if never, or once it has been used.
    /// @param sender Who committed.
    /// @param commitment See above.
    function committedAt(address sender, bytes32 commitment) external view returns (uint256 time, uint256 blockNumber);

    /// @notice What a demand on a settlement costs in a block with this base fee: 450,000 gas, at least the floor of the
    /// deployment, doubled for every 32 demands that are open.
    /// @param fid Federation.
    /// @param settlement The settlement's hash.
    /// @param baseFee Wei per gas.
    /// @return fee Wei.
    function demandFee(uint256 fid, bytes32 settlement, uint256 baseFee) external view returns (uint256 fee);

    /// @notice A demand: who made it and until when it may be answered (seconds), who answered it (zero for nobody), and what
    /// is held for it, in wei; zeros once released.
    /// @param fid Federation.
    /// @param settlement The settlement's hash.
    /// @param node Which node.
    function demandOf(uint256 fid, bytes32 settlement, Node calldata node)
        external
        view
        returns (address demander, uint256 deadline, address supplier, uint256 fee);

    /// @notice The demands on a settlement: how many are open, the end of the challenge before any of them (seconds, zero if
    /// there never was one), and whether it was convicted. Of a settlement without demands nothing is kept.
    /// @param fid Federation.
    /// @param settlement The settlement's hash.
    function docketOf(uint256 fid, bytes32 settlement)
        external
        view
        returns (uint256 open, uint256 challengeEnd, bool convicted);

    /// @notice ETH booked for an account, in wei.
    function owedTo(address account) external view returns (uint256);

    /// @notice The last round in which an operator was slashed for its update, in a federation; 0 for never.
    function clippedIn(uint256 fid, address operator) external view returns (uint256 round);

    /// @notice The coordinator that convictions go to.
    function coordinator() external view returns (IRoundCoordinator);
}
