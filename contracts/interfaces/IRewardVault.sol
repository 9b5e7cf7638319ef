// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IRewardVault
/// @notice Holds the federations' budgets. A budget is free, reserved for the open round, or owed under the reward root.
/// One claim pays for all past rounds (P-12). Amounts are in units of the federation's token's decimals.
///
/// Assumptions on the token which, if broken, break behaviour: balances change by transfers only; what arrives is credited.
/// Assumptions which, if broken, break liveness (funds stuck): transfers out of the vault succeed.
interface IRewardVault {
    /// @notice A federation's budget grew.
    event Funded(uint256 indexed fid, address indexed from, uint256 amount);
    /// @notice The sponsor took from the free budget.
    event BudgetWithdrawn(uint256 indexed fid, address to, uint256 amount);
    /// @notice A round's books are closed: `earned` of `reserved` is owed, the rest is free again; `next` is reserved.
    event RolledOver(uint256 indexed fid, uint256 reserved, uint256 earned, uint256 next);
    /// @notice An operator was paid; `cumulative` of this federation is now claimed.
    event Claimed(uint256 indexed fid, address indexed operator, address to, uint256 amount, uint256 cumulative);

    /// @notice Thrown when a budget would exceed what the books can hold.
    error RewardVault_BudgetTooLarge(uint256 total, uint256 limit);
    /// @notice Thrown when the free budget is too small.
    error RewardVault_BudgetTooSmall(uint256 free, uint256 needed);
    /// @notice Thrown when the payee authorisation came after its deadline (seconds).
    error RewardVault_AuthorisationExpired(uint256 deadline, uint256 time);
    /// @notice Thrown when the operator did not sign this payee.
    error RewardVault_AuthorisationInvalid(address operator, address to);
    /// @notice Thrown when there is no such federation.
    error RewardVault_FederationUnknown(uint256 fid);
    /// @notice Thrown when everything up to `cumulative` is claimed already.
    error RewardVault_NothingToClaim(uint256 claimed, uint256 cumulative);
    /// @notice Thrown when nothing would move.
    error RewardVault_NothingToMove();
    /// @notice Thrown when the leaf is not under the reward root.
    error RewardVault_ProofInvalid(bytes32 computed, bytes32 root);
    /// @notice Thrown when the caller may not do this.
    error RewardVault_Unauthorised(address caller);
    /// @notice Thrown when tokens would go to the zero address.
    error RewardVault_ZeroAddress();

    /// @notice Adds to a federation's free budget; the tokens come from the caller, who approved them. Anyone may fund.
    /// @dev Emits `Funded`.
    function fund(uint256 fid, uint256 amount) external;

    /// @notice Takes from the free budget: what is neither reserved nor owed (P-8). Sponsor only.
    /// @dev Emits `BudgetWithdrawn`.
    function withdraw(uint256 fid, uint256 amount, address to) external;

    /// @notice Pays an operator everything it earned and has not claimed. Anyone may call; the operator gets it.
    /// @dev Emits `Claimed`.
    /// @param index Its member index.
    /// @param cumulative Its leaf's amount.
    /// @param proof Siblings from the leaf up: as many as the federation's reward tree is deep, which needs no check. A leaf's
    /// preimage has 37 bytes and a node's 64, so neither can stand for the other, and no path of another length leads to the
    /// root of a tree that was not disproved.
    function claim(uint256 fid, uint256 index, address operator, uint256 cumulative, bytes32[] calldata proof) external;

    /// @notice As `claim`, to another address that the operator authorised by EIP-712 signature
    /// `Claim(uint256 fid,address operator,address to,uint256 cumulative,uint256 deadline)` (EOA or ERC-1271). Needs no
    /// nonce: a cumulative amount is paid once.
    /// @dev Emits `Claimed`.
    function claimTo(
        uint256 fid,
        uint256 index,
        address operator,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Opens the books of a new federation. Coordinator only.
    function open(uint256 fid, address token) external;

    /// @notice Closes a round's books and reserves the next round's reward if the free budget covers it. Coordinator only.
    /// @dev Emits `RolledOver`.
    /// @param reserved What was reserved for the round that ends; 0 if none does.
    /// @param earned What of it is owed from now on; 0 for a void round.
    /// @param root New reward root; zero keeps the old one.
    /// @param next Reward of the round to open; ignored unless `wanted`.
    /// @param wanted True if a round is to be opened.
    /// @return reservedNext True if `next` is reserved.
    function rollOver(uint256 fid, uint256 reserved, uint256 earned, bytes32 root, uint256 next, bool wanted)
        external
        returns (bool reservedNext);

    /// @notice A federation's books: its token, the reward root, what is free, reserved and owed.
    function booksOf(uint256 fid)
        external
        view
        returns (address token, bytes32 root, uint256 free, uint256 reserved, uint256 owed);
    /// @notice What an operator has claimed of its cumulative rewards.
    function claimedOf(uint256 fid, address operator) external view returns (uint256);
    /// @notice The only contract that opens books and rolls them over.
    function coordinator() external view returns (address);
}
