// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {TokenIn} from "./libraries/TokenIn.sol";

/// @title StakeVault
/// @notice Stakes and bonds of operators, free or locked. See {IStakeVault}.
contract StakeVault is IStakeVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using TokenIn for IERC20;

    /// @dev Free and locked balance, one slot (P-13).
    struct Account {
        uint128 free;
        uint128 locked;
    }

    address private constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc IStakeVault
    address public immutable coordinator;

    mapping(address token => mapping(address operator => Account)) private _accounts;
    /// @inheritdoc IStakeVault
    mapping(address token => uint256 amount) public toBurn;

    /// @param coordinator_ The only contract that may lock, unlock and slash.
    constructor(address coordinator_) {
        coordinator = coordinator_;
    }

    /// @dev Only the coordinator of this deployment may call.
    modifier onlyCoordinator() {
        if (msg.sender != coordinator) revert StakeVault_Unauthorised(msg.sender);
        _;
    }

    /* ----------------------------------------- OPERATORS ------------------------------------------ */

    /// @inheritdoc IStakeVault
    function deposit(address token, address operator, uint256 amount) external nonReentrant {
        if (operator == address(0)) revert StakeVault_ZeroAddress();
        uint256 received = IERC20(token).takeFrom(msg.sender, amount);
        if (received == 0) revert StakeVault_NothingToMove();
        Account storage account = _accounts[token][operator];
        // 96 bits for what comes in: 128 bits then hold 2**32 locks, or rewards for convictions, of that size
        uint256 free = account.free + received;
        if (free > type(uint96).max) revert StakeVault_BalanceTooLarge(free, type(uint96).max);
        account.free = uint128(free);
        emit Deposited(token, operator, received);
    }

    /// @inheritdoc IStakeVault
    function withdraw(address token, uint256 amount, address to) external nonReentrant {
        if (to == address(0)) revert StakeVault_ZeroAddress();
        if (amount == 0) revert StakeVault_NothingToMove();
        Account storage account = _accounts[token][msg.sender];
        _requireEnough(account.free, amount);
        unchecked {
            account.free -= uint128(amount); // checked above
        }
        emit Withdrawn(token, msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IStakeVault
    function burn(address token) external nonReentrant {
        uint256 amount = toBurn[token];
        if (amount == 0) revert StakeVault_NothingToMove();
        toBurn[token] = 0;
        emit Burned(token, amount);
        IERC20(token).safeTransfer(BURN_ADDRESS, amount);
    }

    /* ----------------------------------------- COORDINATOR ---------------------------------------- */

    /// @inheritdoc IStakeVault
    function lock(address token, address operator, uint256 amount) external onlyCoordinator {
        Account storage account = _accounts[token][operator];
        (uint256 free, uint256 locked) = (account.free, account.locked);
        _requireEnough(free, amount);
        _write(account, free - amount, locked + amount);
        emit Locked(token, operator, amount);
    }

    /// @inheritdoc IStakeVault
    function unlock(address token, address operator, uint256 amount) external onlyCoordinator {
        Account storage account = _accounts[token][operator];
        (uint256 free, uint256 locked) = (account.free, account.locked);
        _requireEnough(locked, amount);
        _write(account, free + amount, locked - amount);
        emit Unlocked(token, operator, amount);
    }

    /// @inheritdoc IStakeVault
    function slash(address token, address operator, uint256 amount, address prover) external onlyCoordinator {
        Account storage account = _accounts[token][operator];
        _requireEnough(account.locked, amount);
        account.locked -= uint128(amount);
        uint256 reward = prover == address(0) ? 0 : amount / 2;
        if (reward != 0) _accounts[token][prover].free += uint128(reward);
        toBurn[token] += amount - reward;
        emit Slashed(token, operator, prover, amount);
    }

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @inheritdoc IStakeVault
    function accountOf(address token, address operator) external view returns (uint256 free, uint256 locked) {
        Account storage account = _accounts[token][operator];
        return (account.free, account.locked);
    }

    function _requireEnough(uint256 balance, uint256 needed) private pure {
        if (balance < needed) revert StakeVault_BalanceTooSmall(balance, needed);
    }

    /// @dev Both halves in one store. Their sum does not change here, and `deposit` keeps it far below 128 bits, so the casts
    /// are safe.
    function _write(Account storage account, uint256 free, uint256 locked) private {
        (account.free, account.locked) = (uint128(free), uint128(locked));
    }
}
