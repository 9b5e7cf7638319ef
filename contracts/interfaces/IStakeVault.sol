// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IStakeVault
/// @notice Holds stakes and bonds, one account per token and operator: a free and a locked balance. Only the coordinator
/// locks, unlocks and slashes. Amounts are in units of the token's decimals.
///
/// Assumptions on tokens which, if broken, break behaviour: balances change by transfers only (no rebasing). A fee on
/// transfer is borne by the depositor: what arrived is credited.
/// Assumptions which, if broken, break liveness (funds stuck): transfers out of the vault succeed.
///
/// Warning: a locked balance cannot be withdrawn; it becomes free when the membership is unbonded or the bond released.
interface IStakeVault {
    /// @notice Tokens came in for `operator`.
    event Deposited(address indexed token, address indexed operator, uint256 amount);
    /// @notice Free tokens went out.
    event Withdrawn(address indexed token, address indexed operator, address to, uint256 amount);
    /// @notice Free balance became locked.
    event Locked(address indexed token, address indexed operator, uint256 amount);
    /// @notice Locked balance became free.
    event Unlocked(address indexed token, address indexed operator, uint256 amount);
    /// @notice Locked balance was taken: half to the prover's free balance, the rest to be burned; all of it burned where
    /// `prover` is zero (P-16).
    event Slashed(address indexed token, address indexed operator, address indexed prover, uint256 amount);
    /// @notice Slashed tokens left for the burn address.
    event Burned(address indexed token, uint256 amount);

    /// @notice Thrown when an account cannot hold this much.
    error StakeVault_BalanceTooLarge(uint256 balance, uint256 limit);
    /// @notice Thrown when the free or locked balance is too small.
    error StakeVault_BalanceTooSmall(uint256 balance, uint256 needed);
    /// @notice Thrown when nothing would move.
    error StakeVault_NothingToMove();
    /// @notice Thrown when the caller is not the coordinator.
    error StakeVault_Unauthorised(address caller);
    /// @notice Thrown when tokens would go to the zero address.
    error StakeVault_ZeroAddress();

    /// @notice Adds to the free balance of `operator`; the tokens come from the caller, who approved them. Credits what
    /// arrived.
    /// @dev Emits `Deposited`.
    function deposit(address token, address operator, uint256 amount) external;

    /// @notice Takes from the caller's free balance.
    /// @dev Emits `Withdrawn`.
    function withdraw(address token, uint256 amount, address to) external;

    /// @notice Sends everything slashed to the burn address. Anyone may call.
    /// @dev Emits `Burned`.
    function burn(address token) external;

    /// @notice Moves from free to locked. Coordinator only.
    /// @dev Emits `Locked`.
    function lock(address token, address operator, uint256 amount) external;

    /// @notice Moves from locked to free. Coordinator only.
    /// @dev Emits `Unlocked`.
    function unlock(address token, address operator, uint256 amount) external;

    /// @notice Takes from locked: the floor of a half to the prover's free balance, the rest burned. Coordinator only.
    /// @dev Emits `Slashed`.
    /// @param prover Zero burns everything.
    function slash(address token, address operator, uint256 amount, address prover) external;

    /// @notice Free and locked balance.
    function accountOf(address token, address operator) external view returns (uint256 free, uint256 locked);
    /// @notice Slashed tokens not yet sent to the burn address.
    function toBurn(address token) external view returns (uint256);
    /// @notice The only contract that locks, unlocks and slashes.
    function coordinator() external view returns (address);
}
