// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IRewardVault} from "./interfaces/IRewardVault.sol";
import {IRoundCoordinator} from "./interfaces/IRoundCoordinator.sol";
import {TokenIn} from "./libraries/TokenIn.sol";
import {WordTree} from "./libraries/WordTree.sol";

/// @title RewardVault
/// @notice Budgets of federations, and claims of what was earned. See {IRewardVault}.
contract RewardVault is IRewardVault, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using TokenIn for IERC20;

    /// @dev A claim touches the first two slots only, a round's end all three (P-13). 96 bits hold 79 billion whole tokens
    /// of 18 decimals; `fund` keeps the sum of all three amounts below that, so no cast here can cut anything off.
    struct Books {
        /// The token in 160 bits, above it what is owed in 96: changed by one subtraction.
        uint256 head;
        bytes32 root;
        uint128 free;
        uint128 reserved;
    }

    /// @dev What an operator has claimed. A struct, since its slot is then computed once for reading and writing.
    struct Account {
        uint256 claimed;
    }

    uint256 private constant OWED = 160;
    bytes32 private constant CLAIM_TYPEHASH =
        keccak256("Claim(uint256 fid,address operator,address to,uint256 cumulative,uint256 deadline)");

    /// @inheritdoc IRewardVault
    address public immutable coordinator;

    mapping(uint256 fid => Books) private _books;
    /// @dev Keyed by `fid << 160 | operator`: one hash less than a nested mapping.
    mapping(uint256 key => Account) private _accounts;

    /// @param coordinator_ The only contract that may open books and roll them over.
    constructor(address coordinator_) EIP712("Parley RewardVault", "1") {
        coordinator = coordinator_;
    }

    /// @dev Only the coordinator of this deployment may call.
    modifier onlyCoordinator() {
        if (msg.sender != coordinator) revert RewardVault_Unauthorised(msg.sender);
        _;
    }

    /* ------------------------------------------- BUDGET ------------------------------------------- */

    /// @inheritdoc IRewardVault
    /// @dev Guarded against itself and `withdraw`, or one transfer would be counted twice. Claims have no guard (see `_claim`).
    function fund(uint256 fid, uint256 amount) external nonReentrant {
        Books storage books = _booksOf(fid);
        uint256 received = _token(books.head).takeFrom(msg.sender, amount);
        if (received == 0) revert RewardVault_NothingToMove();
        uint256 total = received + books.free + books.reserved + _owed(books.head);
        if (total > type(uint96).max) revert RewardVault_BudgetTooLarge(total, type(uint96).max);
        books.free += uint128(received);
        emit Funded(fid, msg.sender, received);
    }

    /// @inheritdoc IRewardVault
    function withdraw(uint256 fid, uint256 amount, address to) external nonReentrant {
        Books storage books = _booksOf(fid);
        address sponsor = IRoundCoordinator(coordinator).federationRegistry().sponsorOf(fid);
        if (msg.sender != sponsor) revert RewardVault_Unauthorised(msg.sender);
        if (to == address(0)) revert RewardVault_ZeroAddress();
        if (amount == 0) revert RewardVault_NothingToMove();
        if (amount > books.free) revert RewardVault_BudgetTooSmall(books.free, amount);
        unchecked {
            books.free -= uint128(amount); // checked above
        }
        emit BudgetWithdrawn(fid, to, amount);
        _token(books.head).safeTransfer(to, amount);
    }

    /* ------------------------------------------- CLAIMS ------------------------------------------- */

    /// @inheritdoc IRewardVault
    function claim(uint256 fid, uint256 index, address operator, uint256 cumulative, bytes32[] calldata proof)
        external
    {
        _claim(fid, index, operator, cumulative, proof, operator);
    }

    /// @inheritdoc IRewardVault
    function claimTo(
        uint256 fid,
        uint256 index,
        address operator,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) {
            revert RewardVault_AuthorisationExpired(deadline, block.timestamp);
        }
        if (to == address(0)) revert RewardVault_ZeroAddress();
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(CLAIM_TYPEHASH, fid, operator, to, cumulative, deadline)));
        if (!SignatureChecker.isValidSignatureNow(operator, digest, signature)) {
            revert RewardVault_AuthorisationInvalid(operator, to);
        }
        _claim(fid, index, operator, cumulative, proof, to);
    }

    /// @dev P-12: the difference between the leaf and what was claimed. The transfer comes last and nothing is read after it,
    /// so a claim re-entered by anything finds the books in order and needs no guard. It may itself be called while `fund`
    /// measures a balance, by a token with hooks: what leaves then makes what arrives look smaller, which the funder, who
    /// lets such a hook run, is credited less for; nobody else loses by it.
    function _claim(
        uint256 fid,
        uint256 index,
        address operator,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to
    ) private {
        Books storage books = _books[fid];
        _requireProof(WordTree.rootFrom(WordTree.rewardLeaf(operator, uint128(cumulative)), index, proof), books.root);
        Account storage account = _accounts[_key(fid, operator)];
        uint256 claimed = account.claimed;
        if (cumulative <= claimed || cumulative > type(uint128).max) {
            revert RewardVault_NothingToClaim(claimed, cumulative);
        }
        uint256 amount;
        unchecked {
            amount = cumulative - claimed; // checked above
        }
        account.claimed = cumulative;
        uint256 head = books.head;
        // a root that owes more than was ever earned cannot take what belongs to others
        if (amount > _owed(head)) revert RewardVault_BudgetTooSmall(_owed(head), amount);
        unchecked {
            books.head = head - (amount << OWED); // checked above
        }
        emit Claimed(fid, operator, to, amount, cumulative);
        _token(head).safeTransfer(to, amount);
    }

    function _requireProof(bytes32 computed, bytes32 root) private pure {
        if (computed != root || root == 0) revert RewardVault_ProofInvalid(computed, root);
    }

    /* ----------------------------------------- COORDINATOR ---------------------------------------- */

    /// @inheritdoc IRewardVault
    function open(uint256 fid, address token) external onlyCoordinator {
        _books[fid].head = uint160(token);
    }

    /// @inheritdoc IRewardVault
    function rollOver(uint256 fid, uint256 reserved, uint256 earned, bytes32 root, uint256 next, bool wanted)
        external
        onlyCoordinator
        returns (bool reservedNext)
    {
        Books storage books = _books[fid];
        uint256 free = books.free + reserved - earned;
        reservedNext = wanted && next <= free;
        if (!reservedNext) next = 0;
        unchecked {
            // next <= free; earned <= reserved, for the coordinator refuses a settlement that pays more than its round's
            // reward (EarnedTooMuch); the total never exceeds 96 bits (see Books)
            (books.free, books.reserved) = (uint128(free - next), uint128(next));
            if (earned != 0) books.head += earned << OWED;
        }
        if (root != 0) books.root = root;
        emit RolledOver(fid, reserved, earned, next);
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IRewardVault
    function booksOf(uint256 fid)
        external
        view
        returns (address token, bytes32 root, uint256 free, uint256 reserved, uint256 owed)
    {
        Books storage books = _books[fid];
        return (address(_token(books.head)), books.root, books.free, books.reserved, _owed(books.head));
    }

    /// @inheritdoc IRewardVault
    function claimedOf(uint256 fid, address operator) external view returns (uint256) {
        return _accounts[_key(fid, operator)].claimed;
    }

    function _booksOf(uint256 fid) private view returns (Books storage books) {
        books = _books[fid];
        if (books.head == 0) revert RewardVault_FederationUnknown(fid);
    }

    function _key(uint256 fid, address operator) private pure returns (uint256) {
        return fid << 160 | uint160(operator);
    }

    function _token(uint256 head) private pure returns (IERC20) {
        return IERC20(address(uint160(head)));
    }

    function _owed(uint256 head) private pure returns (uint256) {
        return head >> OWED;
    }
}
